#include "cli/follow_command.hpp"

#include "cli/follow_display.hpp"
#include "cli/follow_target.hpp"
#include "cli/interrupts.hpp"
#include "cli/json_view.hpp"
#include "cli/live_view.hpp"
#include "cli/server_access.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

namespace strandbus::cli {
namespace {

constexpr std::string_view run_ends[] = {"run_completed", "run_failed", "run_cancelled"};

std::unique_ptr<EventView> make_view(Console& console, const FollowArguments& arguments) {
  if (arguments.json) return std::make_unique<JsonView>(console, arguments.dialect);
  const PrintDetail detail = arguments.verbose ? PrintDetail::full : PrintDetail::normal;
  return std::make_unique<LiveView>(console, Terminal::detect(), detail, PromptEcho::always,
                                    "Ctrl-C stops");
}

/// Whoever waits for the end of a run needs to hear of it.
std::vector<std::string> sent_types(const FollowArguments& arguments) {
  std::vector<std::string> types = arguments.types;
  if (types.empty() || !arguments.until_idle) return types;
  for (const std::string_view type : run_ends) {
    if (std::ranges::find(types, type) == types.end()) types.emplace_back(type);
  }
  return types;
}

FollowDisplay::Options display_options(const FollowArguments& arguments,
                                       ProcessEnvironment& environment) {
  FollowDisplay::Options options;
  options.follower.url = events_url(arguments.url, sent_types(arguments));
  options.follower.token = take_client_token(arguments.token_file, environment);
  options.follower.after = arguments.after;
  options.client = client_options(environment);
  options.client.idle_per_origin = 0;
  options.client.max_body_bytes = std::numeric_limits<std::uint64_t>::max();  // it goes on and on
  options.json = arguments.json;
  options.as_sent = arguments.dialect == "native";
  options.until_idle = arguments.until_idle;
  const Terminal terminal = Terminal::detect();
  options.clears_screen = terminal.output && terminal.rewrites_line;
  for (const std::string& type : arguments.types)
    options.types.set(static_cast<std::size_t>(*event_type_from(type)));
  return options;
}

/// How it ended, for whoever started it.
ExitCode report(const FollowDisplay& display) {
  const auto& result = display.result();
  if (!result || result->end == detail::FollowResult::End::enough) return ExitCode::done;
  if (result->end == detail::FollowResult::End::session_gone) {
    say(result->why);
    return ExitCode::done;
  }
  say("cannot follow: " + result->why);
  return ExitCode::failed;
}

}  // namespace

ExitCode follow_command(const FollowArguments& arguments, ProcessEnvironment& environment) {
  asio::io_context context(1);
  FollowDisplay display([&](Console& console) { return make_view(console, arguments); },
                        display_options(arguments, environment));
  Interrupts interrupts(context, [&](int) {
    display.stop();
    return true;
  });
  display.start([&] { asio::post(context, [&] { interrupts.stop(); }); });
  context.run();
  const Display::Result shown = display.join();
  const auto closed = boost::system::errc::make_error_condition(boost::system::errc::broken_pipe);
  if (shown.failure == closed) return ExitCode::done;  // the reader has seen enough
  if (shown.failure) {
    say("cannot write to standard output: " + shown.failure.message());
    return ExitCode::failed;
  }
  return report(display);
}

}  // namespace strandbus::cli
