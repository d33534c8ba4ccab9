#include "cli/link_command.hpp"

#include "cli/console.hpp"
#include "cli/follow_target.hpp"
#include "cli/interrupts.hpp"
#include "cli/server_access.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/sink/terminal_text.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>

#include <array>
#include <exception>
#include <optional>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace strandbus::cli {
namespace {

constexpr std::size_t max_answer_bytes = std::size_t{64} * 1024;

/// What a server has answered.
struct Answer {
  int status = 0;
  std::string body{};
};

asio::awaitable<Answer> ask(detail::HttpTransport& transport, detail::HttpRequest request) {
  const auto exchange = co_await transport.async_send(std::move(request));
  Answer answer;
  answer.status = exchange->status();
  std::array<char, 4096> bytes{};
  for (;;) {
    const std::size_t size = co_await exchange->async_read_some(bytes);
    if (size == 0 || answer.body.size() > max_answer_bytes) break;
    answer.body.append(bytes.data(), size);
  }
  co_return answer;
}

/// A text of an object; empty if there is none.
std::string text_in(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// The path of the link, or nothing once it was said why there is none.
std::optional<std::string> read_answer(const Answer& answer) {
  const auto document = parse_json(answer.body);
  const json::object none;
  const json::object& object = document && document->is_object() ? document->get_object() : none;
  std::string path = text_in(object, "path");
  if (answer.status == 201 && path.starts_with('/') && terminal_safe_line(path) == path)
    return path;
  const json::value* const error = object.if_contains("error");
  const std::string why =
      error && error->is_object() ? text_in(error->get_object(), "message") : std::string();
  say("cannot get a link: " + (why.empty() ? "the server answers with status " +
                                                 std::to_string(answer.status) + ": check the URL"
                                           : terminal_safe_line(why)));
  return std::nullopt;
}

detail::HttpRequest link_request(const LinkTarget& target, const std::string& token) {
  detail::HttpRequest request;
  request.url = target.links;
  detail::HttpHeader authorization;
  authorization.name = "Authorization";
  authorization.value = "Bearer " + token;
  request.headers.push_back(std::move(authorization));
  return request;
}

/// The address for the browser; of one session the page shows that one.
std::string link_of(const LinkTarget& target, const std::string& path) {
  const detail::Url& url = target.links;
  std::string link = url.scheme + "://" + url.authority() + path;
  // A browser takes what follows '#' along to where the link leads.
  if (!target.session_id.empty()) link += "#/s/" + target.session_id;
  return link;
}

std::string reason_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return terminal_safe_line(error.what());
  }
}

}  // namespace

ExitCode link_command(const LinkArguments& arguments, ProcessEnvironment& environment) {
  const LinkTarget target = link_target(arguments.url);
  const std::string token = take_local_token(arguments.token_file, target.links, environment);
  asio::io_context context(1);
  detail::HttpClient client(client_options(environment));
  asio::cancellation_signal cancel;
  Interrupts interrupts(context, [&](int) {
    cancel.emit(asio::cancellation_type::terminal);
    return true;
  });
  ExitCode result = ExitCode::failed;
  auto on_end = [&](const std::exception_ptr& failure, const Answer& answer) {
    interrupts.stop();
    client.close_idle();
    if (failure) return say("cannot get a link: " + reason_of(failure));
    const auto path = read_answer(answer);
    if (path && !write_all(STDOUT_FILENO, link_of(target, *path) + '\n')) result = ExitCode::done;
  };
  asio::co_spawn(context, ask(client, link_request(target, token)),
                 asio::bind_cancellation_slot(cancel.slot(), std::move(on_end)));
  context.run();
  return result;
}

}  // namespace strandbus::cli
