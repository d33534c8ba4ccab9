# What each component needs. A component whose dependency is missing is left out, with one line that
# says so; src/CMakeLists.txt asks STRANDBUS_HAVE_<COMPONENT>, and strandbusConfig.cmake.in asks for
# the same things again in a consumer's build.

# core. CONFIG because CMake's own FindBoost is on its way out. Boost.System is header-only: not named.
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS json)
find_package(spdlog CONFIG REQUIRED)
find_package(Threads REQUIRED)

# agent: OpenSSL, for HTTPS and for the digests of requests.
find_package(OpenSSL 3 QUIET)
set(STRANDBUS_HAVE_AGENT ${OPENSSL_FOUND})
if(NOT OPENSSL_FOUND)
  message(STATUS "strandbus: component agent is left out: OpenSSL 3 was not found (Debian: libssl-dev)")
endif()

# agent: zlib, for what is sent compressed.
find_package(ZLIB QUIET)
if(NOT ZLIB_FOUND)
  set(STRANDBUS_HAVE_AGENT FALSE)
  message(STATUS "strandbus: component agent is left out: zlib was not found (Debian: zlib1g-dev)")
endif()

# agent: dtl, headers only, for the diffs of the file tools.
find_path(STRANDBUS_DTL_INCLUDE_DIR NAMES dtl/dtl.hpp DOC "Where dtl/dtl.hpp is")
mark_as_advanced(STRANDBUS_DTL_INCLUDE_DIR)
if(NOT STRANDBUS_DTL_INCLUDE_DIR)
  set(STRANDBUS_HAVE_AGENT FALSE)
  message(STATUS "strandbus: component agent is left out: dtl was not found (Debian: libdtl-dev)")
endif()

# store: SQLite, of which 3.37 is the first with strict tables.
find_package(SQLite3 3.37 QUIET)
set(STRANDBUS_HAVE_STORE ${SQLite3_FOUND})
if(NOT SQLite3_FOUND)
  message(STATUS "strandbus: component store is left out: SQLite 3.37 was not found (Debian: libsqlite3-dev)")
endif()

# server and otel stand on what was found.
set(STRANDBUS_HAVE_OTEL ${STRANDBUS_HAVE_AGENT})
set(STRANDBUS_HAVE_SERVER FALSE)
if(STRANDBUS_HAVE_AGENT AND STRANDBUS_HAVE_STORE)
  set(STRANDBUS_HAVE_SERVER TRUE)
endif()

# the program: every component, CLI11, and libedit for the conversation.
if(STRANDBUS_BUILD_PROGRAM)
  find_package(CLI11 CONFIG QUIET)
  find_package(PkgConfig QUIET)
  if(PKG_CONFIG_FOUND)
    pkg_check_modules(LIBEDIT QUIET IMPORTED_TARGET libedit)
  endif()
  if(NOT CLI11_FOUND)
    message(STATUS "strandbus: the program is left out: CLI11 was not found (Debian: libcli11-dev)")
    set(STRANDBUS_BUILD_PROGRAM OFF)
  elseif(NOT LIBEDIT_FOUND)
    message(STATUS "strandbus: the program is left out: libedit was not found (Debian: libedit-dev, pkg-config)")
    set(STRANDBUS_BUILD_PROGRAM OFF)
  elseif(NOT STRANDBUS_HAVE_SERVER)
    message(STATUS "strandbus: the program is left out: it needs the components agent and store")
    set(STRANDBUS_BUILD_PROGRAM OFF)
  endif()
endif()

if(STRANDBUS_BUILD_TESTS)
  find_package(GTest CONFIG REQUIRED)
  find_package(rapidcheck CONFIG REQUIRED)
endif()
