#include "strandbus/agent/structured_answer.hpp"

#include "strandbus/event/json_codec.hpp"

#include <utility>

namespace strandbus {

boost::system::result<json::value, SchemaError> structured_answer(std::string_view text,
                                                                  const JsonSchema& schema) {
  auto value = parse_json(text);
  if (!value) return SchemaError("", "the answer is no JSON: " + value.error().message);
  if (auto broken = schema.validate(*value)) return *std::move(broken);
  return *std::move(value);
}

}  // namespace strandbus
