# Run by penstock_write_version: fills in gateway/process/version.h.in. Outside a git checkout the revision is "unknown".
execute_process(COMMAND git -C ${SOURCE_DIR} describe --always --dirty --abbrev=12 --exclude=*
  OUTPUT_VARIABLE REVISION OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed OR REVISION STREQUAL "")
  set(REVISION unknown)
endif()
configure_file(${SOURCE_DIR}/gateway/process/version.h.in ${OUTPUT} @ONLY)
