# What is installed where, and the Debian package (./dev package). The unit, the log rotation and the maintainer scripts
# name these places, so the prefix is /usr.
set(CPACK_PACKAGE_CONTACT "Penstock maintainers <penstock@packages.invalid>")
set(package_dir ${PROJECT_SOURCE_DIR}/packaging)
set(package_generated ${PROJECT_BINARY_DIR}/package_files)
set(package_docs share/doc/penstock)

# ---- what is made: manual pages and the changelog, compressed as Debian wants them
string(TIMESTAMP package_date "%a, %d %b %Y %H:%M:%S +0000" UTC) # SOURCE_DATE_EPOCH counts
configure_file(${package_dir}/man/penstock.1.in ${package_generated}/penstock.1 @ONLY)
configure_file(${package_dir}/debian/changelog ${package_generated}/changelog @ONLY)
set(schema ${PROJECT_SOURCE_DIR}/conf/penstock.schema.json)
set(write_config_man ${package_dir}/man/write_config_man.py)
add_custom_command(OUTPUT ${package_generated}/penstock.yaml.5
  COMMAND python3 ${write_config_man} ${schema} ${PROJECT_VERSION} > ${package_generated}/penstock.yaml.5
  DEPENDS ${write_config_man} ${schema} VERBATIM)
foreach(file penstock.1 penstock.yaml.5 changelog)
  add_custom_command(OUTPUT ${package_generated}/${file}.gz
    COMMAND gzip -9nc ${package_generated}/${file} > ${package_generated}/${file}.gz
    DEPENDS ${package_generated}/${file} VERBATIM)
  list(APPEND package_made ${package_generated}/${file}.gz)
endforeach()
add_custom_target(package_files DEPENDS ${package_made})

# ---- what goes where
install(TARGETS penstock RUNTIME DESTINATION bin)
install(FILES ${package_dir}/penstock.service DESTINATION /lib/systemd/system)
install(FILES ${package_dir}/penstock.yaml DESTINATION /etc/penstock)
install(FILES ${package_dir}/penstock.logrotate DESTINATION /etc/logrotate.d RENAME penstock)
install(FILES ${package_generated}/penstock.1.gz DESTINATION share/man/man1)
install(FILES ${package_generated}/penstock.yaml.5.gz DESTINATION share/man/man5)
install(FILES ${package_dir}/completions/penstock DESTINATION share/bash-completion/completions)
install(FILES ${package_dir}/completions/_penstock DESTINATION share/zsh/vendor-completions)
install(FILES ${schema} DESTINATION share/penstock)
install(FILES ${package_dir}/prometheus/penstock.rules.yml DESTINATION share/penstock/prometheus)
install(FILES ${package_dir}/grafana/penstock.json DESTINATION share/penstock/grafana)
file(GLOB docs ${PROJECT_SOURCE_DIR}/docs/*)
install(FILES ${docs} ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${package_docs})
install(FILES ${PROJECT_SOURCE_DIR}/conf/example.yaml ${PROJECT_SOURCE_DIR}/conf/quickstart.yaml
  DESTINATION ${package_docs}/examples)
install(FILES ${package_dir}/debian/copyright DESTINATION ${package_docs})
install(FILES ${package_generated}/changelog.gz DESTINATION ${package_docs})

# ---- the package
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_NAME penstock)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "Routes, balances and limits HTTP requests, finds services in ZooKeeper, Consul,\netcd, Eureka and DNS, checks their health, retries and breaks circuits. One\nprogram, one YAML file.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, procps") # procps: the unit's kill
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "logrotate, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${package_dir}/debian/conffiles ${package_dir}/debian/postinst
  ${package_dir}/debian/prerm ${package_dir}/debian/postrm)
include(CPack)
