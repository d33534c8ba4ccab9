# Install rules and the package that find_package(strandbus COMPONENTS …) reads. Each component has
# its own targets file, so that a consumer of core needs only what core needs.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/strandbus")
set(STRANDBUS_COMPONENTS "")

foreach(component IN ITEMS core agent store server otel)
  if(NOT TARGET strandbus_${component})
    continue()
  endif()
  list(APPEND STRANDBUS_COMPONENTS ${component})
  target_include_directories(strandbus_${component}
    INTERFACE "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  install(TARGETS strandbus_${component} EXPORT strandbus-${component})
  install(EXPORT strandbus-${component} NAMESPACE strandbus:: DESTINATION "${package_dir}")
endforeach()

if(TARGET strandbus_cli)
  install(TARGETS strandbus_cli)
endif()

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/strandbus"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/strandbusConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/strandbusConfig.cmake"
  INSTALL_DESTINATION "${package_dir}"
  NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/strandbusConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/strandbusConfig.cmake"
  "${PROJECT_BINARY_DIR}/strandbusConfigVersion.cmake"
  DESTINATION "${package_dir}")
