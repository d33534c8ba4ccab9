// Whatever reads the events of a publisher with a redactor sees no secret, however a model or a
// tool has cut it.

#include "event/secret_samples.hpp"
#include "sink/printed.hpp"
#include "store/session_text.hpp"
#include "strandbus/bus/event_bus.hpp"
#include "strandbus/bus/session_tracker.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/sink/metrics.hpp"
#include "strandbus/sink/metrics_snapshot.hpp"
#include "strandbus/store/jsonl_store.hpp"
#include "strandbus/store/session_reader.hpp"
#include "support/sanitized.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <string>

namespace strandbus::testing {
namespace {

/// A text in two pieces.
struct Pieces {
  std::string first;
  std::string second;
};

/// A run that has the text in every place where a model, a tool or a failure may put one.
class LeakyRun {
 public:
  LeakyRun(const Publisher& publisher, std::string text, std::string number)
      : publisher_(
            publisher.run({.session_id = "session", .run_id = "run" + number, .agent = "a"})),
        text_(std::move(text)),
        message_("message" + number),
        call_("call" + number) {}

  void publish(const Pieces& pieces) const {
    publisher_.publish(RunStarted{.provider = "p", .model = "m", .tools = {text_}}).value();
    publisher_.publish(UserMessage{.message_id = "u", .content = text_}).value();
    Message message;
    message.id = "u";
    message.content = text_;
    publisher_.publish(MessageCommitted{.message = message}).value();
    ask(pieces);
    run_tool(pieces);
    fail();
  }

 private:
  void ask(const Pieces& pieces) const {
    const Publisher request = publisher_.turn(1).span(7);
    Message sent;
    sent.content = text_;
    request.publish(ModelStarted{.provider = "p", .model = "m", .messages = {sent}}).value();
    for (const std::string& piece : {pieces.first, pieces.second})
      request.publish(ReasoningDelta{piece, message_}).value();
    for (const std::string& piece : {pieces.first, pieces.second})
      request.publish(TokenDelta{piece, message_}).value();
    for (const std::string& piece : {pieces.first, pieces.second})
      request.publish(StructuredDelta{piece, message_}).value();
    for (const std::string& piece : {pieces.first, pieces.second})
      request.publish(ToolCallDelta{call_, piece}).value();
    request.publish(ToolCallReady{call_, text_, json::object{{"command", text_}}}).value();
    request.publish(ModelCompleted{.content = text_, .reasoning = text_, .response_id = text_})
        .value();
  }

  void run_tool(const Pieces& pieces) const {
    const Publisher tool = publisher_.span(8);
    tool.publish(ToolCallStarted{text_, call_, json::object{{text_, text_}}}).value();
    for (const OutputStream stream : {OutputStream::stdout_, OutputStream::stderr_}) {
      for (const std::string& piece : {pieces.first, pieces.second}) {
        ToolOutput output;
        output.call_id = call_;
        output.tool_name = "bash";
        output.stream = stream;
        output.text = piece;
        tool.publish(std::move(output)).value();
      }
    }
    ToolCallCompleted completed{.tool_name = text_, .call_id = call_, .output = text_};
    completed.error = text_;
    completed.diffs = {{text_, text_}};
    completed.data = json::object{{"x", text_}};
    tool.publish(std::move(completed)).value();
  }

  void fail() const {
    try {
      throw std::runtime_error("cannot use " + text_);
    } catch (const std::exception& error) {
      publisher_.publish(Error{.error = error.what(), .detail = text_}).value();
      publisher_.publish(RunFailed{.error = error.what()}).value();
    }
  }

  Publisher publisher_;
  std::string text_;
  std::string message_;
  std::string call_;
};

/// Puts together again what came in pieces.
class Reassembled {
 public:
  void add(const StreamEvent& event) {
    event.visit([&](const auto& payload) {
      if constexpr (requires { payload.delta; }) {
        texts_["call " + event.run_id()] += payload.delta;
      } else if constexpr (requires { payload.text; }) {
        std::string key = std::string(event.wire_type()) + event.run_id();
        if constexpr (requires { payload.stream; }) key += wire_name(payload.stream);
        texts_[key] += payload.text;
      }
    });
  }
  std::string all() const {
    std::string text;
    for (const auto& entry : texts_) text += entry.second + "\n";
    return text;
  }

 private:
  std::map<std::string, std::string> texts_;
};

/// Everybody who may see events.
class Sinks {
 public:
  explicit Sinks(const std::string& path)
      : store_(JsonlStore::create(path, sample_metadata()).value()), printer_(printer_options()) {
    store_.record(bus_, Start::now());
  }

  Publisher publisher() const { return bus_.publisher({.session_id = "session"}); }

  /// What each of them has got, under its name.
  std::map<std::string, std::string> seen(const std::string& path) {
    printer_->finish();
    std::string history;
    for (const Delivery& delivery : bus_.history()) history += to_json(delivery.event()) + "\n";
    return {{"history", history},
            {"callback", events_},
            {"texts", texts_.all()},
            {"session file", read_file(path)},
            {"printer", printer_.printed().both},
            {"prometheus", to_prometheus(metrics_.snapshot())},
            {"metrics", json::serialize(to_json(metrics_.snapshot()))},
            {"session state", to_json(tracker_.snapshot())}};
  }

 private:
  static CliPrinterOptions printer_options() {
    return {.target = PrintTarget::terminal,
            .status = StatusLine::live,
            .detail = PrintDetail::full,
            .width = 4096};
  }

  asio::io_context io_;
  EventBus bus_{io_.get_executor(), {.history = 100'000, .history_bytes = std::size_t{1} << 28U}};
  JsonlStore store_;
  RecordedPrinter printer_;
  Metrics metrics_;
  SessionTracker tracker_{bus_};
  std::string events_;
  Reassembled texts_;
  Subscription subscription_ = bus_.subscribe([this](const StreamEvent& event) {
    events_ += to_json(event) + "\n";
    texts_.add(event);
    printer_->on_event(event);
    metrics_.on_event(event);
  });
};

/// Runs whose text is cut at each byte; under a sanitizer a long one at a hundred of them.
void publish_in_all_cuts(const Publisher& publisher, const std::string& text) {
  const std::size_t stride = test::sanitized ? text.size() / 100 + 1 : 1;
  for (std::size_t at = 0; at <= text.size(); at += stride)
    LeakyRun(publisher, text, std::to_string(at)).publish({text.substr(0, at), text.substr(at)});
}

class RedactedSinks : public ::testing::TestWithParam<std::size_t> {
 protected:
  static constexpr std::size_t parts = 8;

  TemporaryDirectory directory_;
};

TEST_P(RedactedSinks, SeeNoSecretHoweverItIsCut) {
  const Redactor redactor({.values = {registered_value}});
  for (std::size_t i = GetParam(); i < secret_samples().size(); i += parts) {
    const SecretSample& sample = secret_samples()[i];
    const std::string path = directory_.path(std::to_string(i) + ".jsonl");
    Sinks sinks(path);
    publish_in_all_cuts(sinks.publisher().redacted(redactor), sample.text());
    for (const auto& [name, text] : sinks.seen(path)) {
      ASSERT_FALSE(text.empty()) << name;
      EXPECT_FALSE(leaks(text, sample.secret)) << name << " of " << sample.text();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Part, RedactedSinks, ::testing::Range(std::size_t{0}, std::size_t{8}));

TEST(PlainSinks, WouldSeeIt) {
  const TemporaryDirectory directory;
  const std::string secret = "sk-Abcdefghijklmnopqrstuvwx";
  const std::string path = directory.path("plain.jsonl");
  Sinks sinks(path);
  publish_in_all_cuts(sinks.publisher(), secret);
  for (const auto& [name, text] : sinks.seen(path)) EXPECT_TRUE(leaks(text, secret)) << name;
}

}  // namespace
}  // namespace strandbus::testing
