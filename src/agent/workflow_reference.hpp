#pragma once

#include "strandbus/agent/workflow.hpp"

#include <boost/system/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// What is wrong with a reference or a template, for people.
struct ReferenceProblem {
  std::string message;
};

/// Throws the WorkflowError that a value() would.
[[noreturn]] void throw_exception_from_error(const ReferenceProblem& problem,
                                             const boost::source_location& where);

/// Names a value that a step may see: `input`, `previous` or `steps.NAME.output`, then members and
/// elements after dots.
class WorkflowReference {
 public:
  static boost::system::result<WorkflowReference, ReferenceProblem> parse(std::string_view text);

  const std::string& text() const noexcept { return text_; }
  /// The step or the group whose output it is; empty for `input` and `previous`.
  const std::string& step() const noexcept { return step_; }

  /// The value; null if there is none.
  const json::value* find(const WorkflowScope& scope) const;
  /// Errors: throws WorkflowError with E_VALIDATION.
  const json::value& get(const WorkflowScope& scope) const;

 private:
  enum class Root { input, previous, step };

  const json::value* root(const WorkflowScope& scope) const;

  std::string text_;
  Root root_ = Root::input;
  std::string step_;
  std::vector<std::string> path_;
};

/// A text in which `{{reference}}` stands for a value. What is put in is not looked at again.
class TextTemplate {
 public:
  static boost::system::result<TextTemplate, ReferenceProblem> parse(std::string_view text);

  /// Errors: throws WorkflowError with E_VALIDATION: a value is missing, the text is too large.
  std::string render(const WorkflowScope& scope) const;

  const std::vector<WorkflowReference>& references() const noexcept { return references_; }
  /// Whether it is one reference and nothing else.
  bool is_reference() const noexcept {
    return references_.size() == 1 && texts_[0].empty() && texts_[1].empty();
  }

 private:
  std::vector<std::string> texts_;  ///< one more than references
  std::vector<WorkflowReference> references_;
};

/// A JSON value whose texts are templates. A text that is one reference and nothing else becomes
/// the value itself.
class JsonTemplate {
 public:
  static boost::system::result<JsonTemplate, ReferenceProblem> parse(json::value value);

  /// Errors: as TextTemplate::render.
  json::value render(const WorkflowScope& scope) const;

  const std::vector<WorkflowReference>& references() const noexcept { return references_; }

 private:
  json::value value_;
  std::vector<WorkflowReference> references_;
};

/// Why a value is too large or too deep for the events that carry it; empty if it is not.
std::string why_too_large(const json::value& value);

}  // namespace strandbus::detail
