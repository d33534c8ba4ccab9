#include "strandbus/tools/calculator.hpp"

#include "tools/expression.hpp"

#include <utility>

namespace strandbus {
namespace {

ToolDefinition calculator_definition() {
  ToolDefinition definition;
  definition.name = "calculator";
  definition.description =
      "Computes an arithmetic expression exactly where possible. Operators: + - * / % ^ and "
      "parentheses; "
      "constants pi, tau, e; functions such as sqrt, abs, min, max, round, floor, ceil, log, "
      "log10, exp, sin, cos.";
  definition.parameters = {
      {"type", "object"},
      {"properties",
       {{"expr",
         {{"type", "string"},
          {"description", "The expression, for example \"2 + 3 * 4\""},
          {"minLength", 1}}}}},
      {"required", json::array{"expr"}},
      {"additionalProperties", false},
  };
  return definition;
}

ToolResult calculate(std::string_view expression) {
  const auto value = detail::evaluate_expression(expression);
  if (!value) {
    const detail::ExpressionError& error = value.error();
    return ToolResult::failure(ErrorCode::E_VALIDATION,
                               error.message + " at position " + std::to_string(error.offset + 1));
  }
  json::object data;
  std::visit([&](auto number) { data["value"] = number; }, *value);
  return ToolResult::ok(detail::to_text(*value)).with_data(std::move(data));
}

class Calculator final : public Tool {
 public:
  const ToolDefinition& definition() const override { return definition_; }

  asio::awaitable<ToolResult> async_run(json::object arguments, ToolContext& /*context*/) override {
    const json::value* expression = arguments.if_contains("expr");
    if (!expression || !expression->is_string()) {
      co_return ToolResult::failure(ErrorCode::E_VALIDATION, "expr must be a string");
    }
    co_return calculate(expression->get_string());
  }

 private:
  const ToolDefinition definition_ = calculator_definition();
};

}  // namespace

std::shared_ptr<Tool> make_calculator() { return std::make_shared<Calculator>(); }

}  // namespace strandbus
