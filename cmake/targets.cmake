# The functions with which the folders declare their targets.

# What most files of a library need, compiled once: a third of the time to build. Only where
# STRANDBUS_PRECOMPILE is on, as in our presets. Others compile without, and find the file that
# forgets an include; so do the consumers of the tests with core, and the preset tidy with everything.
set(strandbus_library_headers
  <algorithm> <chrono> <cstdint> <functional> <memory> <mutex> <optional> <span> <string>
  <string_view> <utility> <variant> <vector>
  <boost/asio/any_io_executor.hpp> <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp>
  <boost/asio/post.hpp> <boost/asio/steady_timer.hpp> <boost/asio/strand.hpp>
  <boost/asio/use_awaitable.hpp> <boost/json/value.hpp> <boost/system/result.hpp>)
set(strandbus_test_headers ${strandbus_library_headers}
  <map> <sstream> <thread> <boost/asio/as_tuple.hpp> <boost/asio/detached.hpp>
  <boost/asio/io_context.hpp> <boost/asio/ip/tcp.hpp> <boost/asio/read.hpp>
  <boost/asio/thread_pool.hpp> <boost/asio/use_future.hpp> <boost/asio/write.hpp>
  <boost/json.hpp> <gmock/gmock.h> <gtest/gtest.h>)

# strandbus_library(<component>): the target strandbus_<component>, known to users as
# strandbus::<component>. Its sources come from the folders' target_sources.
function(strandbus_library component)
  set(target strandbus_${component})
  add_library(${target})
  add_library(strandbus::${component} ALIAS ${target})
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${component}
    VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target}
    PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
    PRIVATE "${PROJECT_SOURCE_DIR}/src")
  strandbus_set_warnings(${target})
  if(STRANDBUS_PRECOMPILE)
    target_precompile_headers(${target} PRIVATE ${strandbus_library_headers})
  endif()
endfunction()

# What all test programs have in common.
function(strandbus_test_options target)
  if(STRANDBUS_TEST_RACES_ONLY)
    target_compile_options(${target} PRIVATE -O0)  # tests themselves: half the time to compile
  endif()
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/test")
  target_compile_definitions(${target} PRIVATE STRANDBUS_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  strandbus_set_warnings(${target})
endfunction()

# The program test_precompiled, which tests nothing: its precompiled headers are those of all tests.
function(strandbus_precompile_tests)
  file(WRITE "${CMAKE_BINARY_DIR}/precompiled.cpp" "int main() {}\n")
  add_executable(test_precompiled "${CMAKE_BINARY_DIR}/precompiled.cpp")
  target_link_libraries(test_precompiled PRIVATE strandbus::core GTest::gmock)
  strandbus_test_options(test_precompiled)
  target_precompile_headers(test_precompiled PRIVATE ${strandbus_test_headers})
endfunction()

# strandbus_test(<name> SOURCES a.cpp … [LIBS strandbus::core …] [LABEL x] [SOAK]): one GoogleTest
# program, test_<name>, each of its TESTs known to ctest as <name>.Suite.Test and labelled with LABEL,
# else with the folder.
# Private headers are reached as "folder/x.hpp", helpers of test/support as "support/x.hpp", files
# through the macro STRANDBUS_SOURCE_DIR. SOAK: this program also holds long proofs, which run
# when the environment has STRANDBUS_SOAK=1 (`dev.sh soak`); its label is then soak. ALONE: its
# tests disturb others, or are disturbed by them; nothing runs beside them. ONE_THREAD: no two threads
# meet in what it tests, so it is left out where only races are looked for.
function(strandbus_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SOAK;ALONE;ONE_THREAD" "LABEL" "SOURCES;LIBS")
  if(arg_ONE_THREAD AND STRANDBUS_TEST_RACES_ONLY)
    return()
  endif()
  set(target test_${name})
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE ${arg_LIBS} GTest::gmock_main)
  strandbus_test_options(${target})
  if(STRANDBUS_PRECOMPILE AND "${arg_LIBS}" MATCHES "strandbus::")  # others define other macros
    target_precompile_headers(${target} REUSE_FROM test_precompiled)
  endif()

  # One label only: gtest_discover_tests of CMake 3.25 cannot pass a list.
  get_filename_component(label "${CMAKE_CURRENT_SOURCE_DIR}" NAME)
  if(arg_LABEL)
    set(label ${arg_LABEL})
  endif()
  if(arg_SOAK)
    set(label soak)
  endif()
  set(alone OFF)
  if(arg_ALONE)
    set(alone ON)
  endif()
  # No TIMEOUT here: the presets set one for every test, and `dev.sh soak` a longer one.
  gtest_discover_tests(${target}
    TEST_PREFIX "${name}."
    DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${label} RUN_SERIAL ${alone})
endfunction()

# strandbus_example(<name> [LIBS strandbus::core …]): builds <name>.cpp and runs it as the test
# example.<name>; its standard output must equal <name>.expected where that file exists.
function(strandbus_example name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LIBS")
  set(target example_${name})
  add_executable(${target} ${name}.cpp)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name})
  target_link_libraries(${target} PRIVATE ${arg_LIBS})
  strandbus_set_warnings(${target})
  if(STRANDBUS_BUILD_TESTS)
    add_test(NAME example.${name}
      COMMAND "${CMAKE_COMMAND}"
        "-DPROGRAM=$<TARGET_FILE:${target}>"
        "-DEXPECTED=${CMAKE_CURRENT_SOURCE_DIR}/${name}.expected"
        -P "${PROJECT_SOURCE_DIR}/cmake/run_example.cmake")
    set_tests_properties(example.${name} PROPERTIES LABELS examples)
  endif()
endfunction()

# strandbus_fuzz(<name> SOURCES fuzz_x.cpp [LIBS …]): a program around LLVMFuzzerTestOneInput.
# In the fuzz preset it is a libFuzzer program; everywhere else it replays corpus/<name>/* as a
# test, so that an input that once crashed stays tested.
function(strandbus_fuzz name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
  set(target fuzz_${name})
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE ${arg_LIBS})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src")
  strandbus_set_warnings(${target})
  add_dependencies(fuzzers ${target})
  set(corpus "${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name}")
  if(STRANDBUS_BUILD_FUZZ)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    add_test(NAME fuzz.${name} COMMAND ${target} -runs=20000 -max_total_time=60 -print_final_stats=1)
  else()
    target_sources(${target} PRIVATE "${PROJECT_SOURCE_DIR}/test/fuzz/replay_corpus.cpp")
    add_test(NAME fuzz.${name} COMMAND ${target} "${corpus}")
  endif()
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz)
endfunction()

# strandbus_bench(<name> SOURCES x.cpp [LIBS …]): a measuring program of bench/, built by the target
# `benchmarks`; it lies in bench/<name> of the build.
function(strandbus_bench name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
  set(target bench_${name})
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE ${arg_LIBS} strandbus_bench_measure)
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME ${name}
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bench")
  strandbus_set_warnings(${target})
  add_dependencies(benchmarks ${target})
endfunction()
