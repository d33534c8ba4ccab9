# cmake -DBUILD=… -DPREFIX=… -P install.cmake
# Installs the build tree into an empty prefix, so that no file of an earlier install helps.

file(REMOVE_RECURSE "${PREFIX}")
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${PREFIX}"
  COMMAND_ERROR_IS_FATAL ANY)
