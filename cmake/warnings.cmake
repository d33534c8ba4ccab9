# The warning set that our code must pass, and that our public headers must pass in a consumer's build.

set(STRANDBUS_WARNING_FLAGS
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion)

# strandbus_set_warnings(<target>): full warnings as errors, and no deprecated Asio interface.
function(strandbus_set_warnings target)
  if(NOT STRANDBUS_WERROR)
    return()
  endif()
  target_compile_options(${target} PRIVATE ${STRANDBUS_WARNING_FLAGS} -Werror)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 at -O2 sees overlapping copies inside std::string (GCC bug 105651), and an operator new
    # without its delete where it has inlined only one of the two into a coroutine of Asio.
    target_compile_options(${target} PRIVATE -Wno-restrict -Wno-mismatched-new-delete)
  endif()
  # Newer Boost removes what this hides. Private: a consumer must be free to use what his Boost has.
  target_compile_definitions(${target} PRIVATE BOOST_ASIO_NO_DEPRECATED)
endfunction()
