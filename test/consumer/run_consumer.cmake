# Configures, builds and runs one consumer project; consumer_test in CMakeLists.txt names the
# variables. The compiler and its flags are those of our build, so that ccache knows the objects.

execute_process(
  COMMAND "${CMAKE_COMMAND}" -S "${SOURCE}" -B "${BUILD}" -G "${GENERATOR}"
    "-DCMAKE_CXX_COMPILER=${COMPILER}"
    "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}"
    "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}"
    "-DCMAKE_CXX_FLAGS_DEBUG=${FLAGS_DEBUG}"
    "-DCMAKE_PREFIX_PATH=${PREFIX}"
    "-DSTRANDBUS_SOURCE=${STRANDBUS_SOURCE}"
    -DSTRANDBUS_WERROR=ON
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_COMMAND}" --build "${BUILD}" --target app --parallel 2
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${BUILD}/app" WORKING_DIRECTORY "${BUILD}" COMMAND_ERROR_IS_FATAL ANY)

if(FORBIDDEN)
  execute_process(COMMAND ldd "${BUILD}/app" OUTPUT_VARIABLE libraries COMMAND_ERROR_IS_FATAL ANY)
  message("${libraries}")
  if(NOT libraries MATCHES "libstdc")
    message(FATAL_ERROR "ldd did not list the libraries of ${BUILD}/app")
  endif()
  if(libraries MATCHES "${FORBIDDEN}")
    message(FATAL_ERROR "${BUILD}/app is linked to ${CMAKE_MATCH_0}, which core must not need")
  endif()
endif()
