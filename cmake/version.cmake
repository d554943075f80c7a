# penstock::version gives "gateway/process/version.h" with the program's version and the git revision that was built.
# The revision is looked up at each build, and the header is written only when it has changed.
set(penstock_generated_dir ${PROJECT_BINARY_DIR}/generated)
set(write_version ${CMAKE_COMMAND}
  -D SOURCE_DIR=${PROJECT_SOURCE_DIR} -D VERSION=${PROJECT_VERSION}
  -D OUTPUT=${penstock_generated_dir}/gateway/process/version.h -P ${PROJECT_SOURCE_DIR}/cmake/write_version.cmake)
add_custom_target(penstock_write_version COMMAND ${write_version} BYPRODUCTS ${penstock_generated_dir}/gateway/process/version.h
  COMMENT "Looking up the git revision" VERBATIM)
add_library(penstock_version INTERFACE)
target_include_directories(penstock_version INTERFACE ${penstock_generated_dir})
add_dependencies(penstock_version penstock_write_version)
add_library(penstock::version ALIAS penstock_version)
