# All third-party libraries and their lowest versions, in one place. Each becomes a target penstock::NAME.
set(PENSTOCK_LIBUV_MIN 1.44)
set(PENSTOCK_LLHTTP_MIN 9.2.1)
set(PENSTOCK_YAML_CPP_MIN 0.7)
set(PENSTOCK_OPENSSL_MIN 3.0)
set(PENSTOCK_PROMETHEUS_MIN 1.0)
set(PENSTOCK_CLI11_MIN 2.1)
set(PENSTOCK_SPDLOG_MIN 1.10)

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv>=${PENSTOCK_LIBUV_MIN})
add_library(penstock::uv ALIAS PkgConfig::UV)

find_package(yaml-cpp ${PENSTOCK_YAML_CPP_MIN} REQUIRED)
add_library(penstock_yaml INTERFACE)
target_link_libraries(penstock_yaml INTERFACE yaml-cpp)
add_library(penstock::yaml ALIAS penstock_yaml)

find_package(OpenSSL ${PENSTOCK_OPENSSL_MIN} REQUIRED)
add_library(penstock_openssl INTERFACE)
target_link_libraries(penstock_openssl INTERFACE OpenSSL::SSL OpenSSL::Crypto)
add_library(penstock::openssl ALIAS penstock_openssl)

pkg_check_modules(LLHTTP REQUIRED IMPORTED_TARGET libllhttp>=${PENSTOCK_LLHTTP_MIN})
add_library(penstock::llhttp ALIAS PkgConfig::LLHTTP)

pkg_check_modules(PROMETHEUS REQUIRED IMPORTED_TARGET prometheus-cpp-core>=${PENSTOCK_PROMETHEUS_MIN})
add_library(penstock::prometheus ALIAS PkgConfig::PROMETHEUS)

find_package(CLI11 ${PENSTOCK_CLI11_MIN} REQUIRED)
add_library(penstock::cli11 ALIAS CLI11::CLI11)

find_package(spdlog ${PENSTOCK_SPDLOG_MIN} REQUIRED)
add_library(penstock::spdlog ALIAS spdlog::spdlog)
