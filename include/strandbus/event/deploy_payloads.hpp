#pragma once

#include "strandbus/event/event_type.hpp"
#include "strandbus/event/types.hpp"

namespace strandbus {

struct ScaffoldComplete {
  static constexpr EventType event_type = EventType::scaffold_complete;
  std::string project{};
};
STRANDBUS_DESCRIBE(ScaffoldComplete, 1, project)

struct PreviewUpdate {
  static constexpr EventType event_type = EventType::preview_update;
  std::string kind{};
  std::string url{};
  std::string frame_id{};
};
STRANDBUS_DESCRIBE(PreviewUpdate, 1, kind, url, frame_id)

struct PreviewReady {
  static constexpr EventType event_type = EventType::preview_ready;
  std::string url{};
  std::int64_t port{};
  std::string command{};
};
STRANDBUS_DESCRIBE(PreviewReady, 1, url, port, command)

struct DeploymentReady {
  static constexpr EventType event_type = EventType::deployment_ready;
  std::string url{};
  bool production{};
  std::string project_name{};
  std::string message{};
};
STRANDBUS_DESCRIBE(DeploymentReady, 2, url, production, project_name, message)

struct ServerStarting {
  static constexpr EventType event_type = EventType::server_starting;
  std::string framework{};
  std::string command{};
  std::int64_t port{};
};
STRANDBUS_DESCRIBE(ServerStarting, 0, framework, command, port)

struct ServerReady {
  static constexpr EventType event_type = EventType::server_ready;
  std::int64_t port{};
  std::string url{};
};
STRANDBUS_DESCRIBE(ServerReady, 0, port, url)

struct ServerStopped {
  static constexpr EventType event_type = EventType::server_stopped;
  std::int64_t port{};
  std::string framework{};
};
STRANDBUS_DESCRIBE(ServerStopped, 0, port, framework)

struct ScreenshotTaken {
  static constexpr EventType event_type = EventType::screenshot_taken;
  std::string output_path{};
  std::int64_t size_bytes{};
  std::string viewport{};
  std::string url{};
};
STRANDBUS_DESCRIBE(ScreenshotTaken, 2, output_path, size_bytes, viewport, url)

}  // namespace strandbus
