#pragma once

#include "llm/answer_assembler.hpp"
#include "llm/call_assembler.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// What an answer consists of so far. Each piece is counted, kept and handed over at once; what the
/// server's events mean is for an AnswerAssembler to know.
///
/// Everything that is asked to do throws ProviderError where a limit is passed.
class AnswerBuilder {
 public:
  /// Everything must outlive this.
  AnswerBuilder(const ModelRequest& request, DeltaSink& sink, const AnswerContext& context);

  /// The first id that is not empty stays, of names of the model the last one.
  void take_id(std::string_view id);
  void take_model(std::string_view model);
  void take_usage(const Usage& usage);

  void add_text(std::string_view text);
  void add_reasoning(std::string_view text);
  void add_refusal(std::string_view text);
  void add_call(const CallPiece& piece);
  /// Counts what is kept elsewhere.
  void count(std::size_t bytes);

  /// Whether anything was said.
  bool begun() const noexcept { return bytes_ != 0; }
  bool all_calls_whole() const noexcept { return calls_.all_whole(); }
  bool has_reasoning() const noexcept { return !answer_.reasoning.empty(); }

  /// Ends the tool calls and returns the answer without its provider data. `said` is what the
  /// server gave as the reason. Call once. Throws ProviderError for a structured answer that is no
  /// JSON.
  ModelResponse finish(FinishReason said);

  ProviderError interrupted(std::string_view how) const;
  /// "server what"
  [[noreturn]] void fail(ErrorCode code, std::string_view what) const;
  /// Throws that the server sent `what`, which is not as it must be.
  [[noreturn]] void fail_frame(std::string_view what, std::string_view problem) const;
  /// Throws that the server gave the answer up, with the reason in its own words.
  [[noreturn]] void fail_given_up(std::string_view reason) const;

 private:
  void check_json() const;
  FinishReason finish_reason(FinishReason said) const noexcept;

  const AnswerContext& context_;
  DeltaSink& sink_;
  const bool structured_;
  CallAssembler calls_;
  ModelResponse answer_;
  std::size_t bytes_ = 0;
};

}  // namespace strandbus::detail
