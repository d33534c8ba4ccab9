#pragma once

#include "llm/fake_transport.hpp"
#include "otel/export_core.hpp"
#include "otel/fake_time.hpp"
#include "wire/event_list.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>

#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::test {

/// An answer of a collector that takes everything.
inline FakeAnswer taken() {
  FakeAnswer answer;
  answer.pieces = {"{}"};
  return answer;
}

inline FakeAnswer with_status(int status) {
  FakeAnswer answer;
  answer.status = status;
  return answer;
}

inline FakeAnswer unreachable() {
  FakeAnswer answer;
  answer.failure = detail::HttpFailure::connect;
  return answer;
}

/// An exporter whose time stands still and whose collector is played.
struct ExporterWorld {
  explicit ExporterWorld(OtlpExporterOptions changed = {}) {
    changed.compression = OtlpCompression::none;
    options = std::move(changed);
    server.answers = {taken()};
  }
  ExporterWorld(const ExporterWorld&) = delete;
  ExporterWorld& operator=(const ExporterWorld&) = delete;
  ~ExporterWorld() {
    if (core) core->abandon();
    run();
  }

  detail::ExportCore& exporter() {
    if (!core)
      core = std::make_shared<detail::ExportCore>(context.get_executor(), options,
                                                  std::make_shared<FakeTransport>(server), time);
    return *core;
  }

  /// Everything that can happen without time going by.
  void run() {
    context.restart();
    context.poll();
  }
  void advance(std::chrono::nanoseconds step) {
    run();
    time->advance(step);
    run();
  }
  /// Ends `count` spans, of a call each, in a run of their own.
  void end_spans(int count) {
    testing::EventList list;
    for (int i = 0; i < count; ++i) {
      RunContext context_of_run;
      context_of_run.session_id = "session";
      context_of_run.run_id = "run" + std::to_string(++runs);
      list.in(context_of_run).add(RunStarted{}).add(RunCompleted{});
    }
    for (StreamEvent event : list.events()) {
      event.set_stamp(++seq, {}, event.ts());
      exporter().take(event);
    }
  }
  void request_of_a_model() {
    testing::EventList list;
    list.add(ModelCompleted{.usage = {10, 2, 12}, .duration_ms = 20});
    exporter().take(list.events().front());
  }
  /// What a flush came to; nothing: it has not ended.
  std::shared_ptr<std::optional<error_code>> flush(std::chrono::nanoseconds patience,
                                                   bool for_ever = false) {
    exporter();
    const auto result = std::make_shared<std::optional<error_code>>();
    const auto deadline = time->now() + patience;
    asio::co_spawn(context,
                   for_ever ? detail::ExportCore::shutdown(core, deadline)
                            : detail::ExportCore::flush(core, deadline),
                   [result](const std::exception_ptr& failure, error_code ec) {
                     if (!failure) *result = ec;
                   });
    run();
    return result;
  }
  OtlpStats stats() { return exporter().stats(); }

  asio::io_context context;
  std::shared_ptr<FakeTime> time = std::make_shared<FakeTime>();
  FakeServer server;
  OtlpExporterOptions options;
  std::shared_ptr<detail::ExportCore> core;
  int runs = 0;
  std::uint64_t seq = 0;
};

inline std::size_t spans_in(const std::string& body) {
  const json::value request = json::parse(body);
  const json::value* const spans = request.as_object().if_contains("resourceSpans");
  if (!spans) return 0;
  return spans->at(0).at("scopeSpans").at(0).at("spans").as_array().size();
}

}  // namespace strandbus::test
