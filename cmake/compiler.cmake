# The oldest compilers that the code is held to; PENSTOCK_GCC_MIN and PENSTOCK_CLANG_MIN stand in dependencies.cmake.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS PENSTOCK_GCC_MIN)
  message(FATAL_ERROR "g++ ${CMAKE_CXX_COMPILER_VERSION} is too old: ${PENSTOCK_GCC_MIN} or later is needed (apt-get install g++)")
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS PENSTOCK_CLANG_MIN)
  message(FATAL_ERROR "clang ${CMAKE_CXX_COMPILER_VERSION} is too old: ${PENSTOCK_CLANG_MIN} or later is needed (apt-get install clang)")
endif()
if(PENSTOCK_FUZZ AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  message(FATAL_ERROR "The fuzz targets need clang and its libFuzzer: ./dev fuzz finds it, or use -DCMAKE_CXX_COMPILER=clang++")
endif()
