#pragma once

#include "server/ag_ui_input.hpp"
#include "server/event_lines.hpp"
#include "server/http_message.hpp"
#include "server/viewer_files.hpp"
#include "strandbus/server/session_hub.hpp"

#include <boost/system/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace strandbus::detail {

// What can be asked of the server, with arguments that are in order.

struct ShowService {};
struct ShowHealth {};
struct ShowReadiness {};
struct ShowMetrics {};
/// What a browser opens a one-time link with.
struct LogIn {
  std::string code{};
  bool browser = false;  ///< which takes a page for an answer
};
/// A one-time link for whoever has the token.
struct MakeLink {
  std::string host{};  ///< under which the server was addressed
};
/// A file of the viewer, for who perhaps has it already.
struct ShowViewer {
  ViewerFile file = ViewerFile::html;
  bool gzip = false;    ///< is understood
  std::string known{};  ///< the entity tags of what is there, as If-None-Match has them
};
/// OPTIONS: what may be done with a path.
struct ShowMethods {
  std::string allow{};
};
struct CreateSession {
  NewSession wanted{};
  std::string message{};       ///< the first one; empty = none yet
  std::string trace_parent{};  ///< of whoever asks
};
struct ListSessions {
  std::size_t limit = 100;
};
struct FindSession {
  std::string session_id{};
};
struct RemoveSession {
  std::string session_id{};
};
struct ForkSession {
  std::string session_id{};
  SessionFork wanted{};
};
struct StartRun {
  std::string session_id{};
  std::string message{};
  WhenBusy when_busy = WhenBusy::refuse;
  std::string trace_parent{};  ///< of whoever asks
};
struct GiveCommand {
  std::string session_id{};
  SessionCommand command{};
};
struct PublishEvents {
  std::string session_id{};
  EventLines events{};
};
struct ShowSnapshot {
  std::string session_id{};
};
/// How events are sent.
enum class FeedForm : std::uint8_t { sse, jsonl, web_socket };
struct ReadEvents {
  std::string session_id{};
  FeedForm form = FeedForm::sse;
  bool named = false;  ///< with `event:` lines
  std::string dialect = "native";
  FeedOptions options{};
};

/// The events of all sessions, as server-sent events.
struct ReadAllEvents {
  bool named = false;
  SessionsFeedOptions options{};
};

/// A run of a client that speaks AG-UI; the answer is a stream.
struct RunAgUi {
  AgUiInput input{};
};

using Operation = std::variant<ShowService, ShowHealth, ShowReadiness, ShowMetrics, LogIn, MakeLink,
                               ShowViewer, ShowMethods, CreateSession, ListSessions, FindSession,
                               RemoveSession, ForkSession, StartRun, GiveCommand, PublishEvents,
                               ShowSnapshot, ReadEvents, ReadAllEvents, RunAgUi>;

/// What a request asks for, or why it cannot be carried out. HEAD asks for what GET does.
boost::system::result<Operation, HttpRefusal> route(const ServerRequest& request);

}  // namespace strandbus::detail
