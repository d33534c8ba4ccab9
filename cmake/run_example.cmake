# cmake -DPROGRAM=… -DEXPECTED=… -P run_example.cmake
# Runs an example; it must exit with 0 and print what the file EXPECTED holds, if there is one.

execute_process(COMMAND "${PROGRAM}" RESULT_VARIABLE result OUTPUT_VARIABLE output)
message("${output}")
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} ended with ${result}")
endif()
if(EXISTS "${EXPECTED}")
  file(READ "${EXPECTED}" expected)
  if(NOT output STREQUAL expected)
    message(FATAL_ERROR "The output above differs from ${EXPECTED}:\n${expected}")
  endif()
endif()
