#pragma once

#include "strandbus/agent/json_schema.hpp"

#include <boost/json/value.hpp>

#include <string_view>

namespace strandbus {

/// The value that the text of an answer stands for, if it follows the schema that was asked for.
///
/// Takes only what ended with FinishReason::stop: calls, refusals and what was cut short are no
/// structured answers.
///
/// Errors: a SchemaError that says at which byte the text is no JSON, or points to what breaks the
///         schema. To a run it is ErrorCode::invalid_response.
boost::system::result<json::value, SchemaError> structured_answer(std::string_view text,
                                                                  const JsonSchema& schema);

}  // namespace strandbus
