#pragma once

#include "llm/json_field.hpp"
#include "server/http_message.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strandbus::detail {

/// Thrown where an argument of a request is wrong; it stays within route().
class BadRequest : public std::runtime_error {
 public:
  explicit BadRequest(HttpRefusal refusal)
      : std::runtime_error(refusal.message), refusal_(std::move(refusal)) {}
  BadRequest(int status, std::string code, std::string message);

  const HttpRefusal& refusal() const noexcept { return refusal_; }

 private:
  HttpRefusal refusal_;
};

/// Throws a BadRequest that names a parameter.
[[noreturn]] void refuse_parameter(std::string_view name, const std::string& wanted);

/// Throws a BadRequest for parameters that are not among `known`.
void expect_parameters(const RequestTarget& target, std::initializer_list<std::string_view> known);

/// A parameter that may be given once.
std::optional<std::string_view> single(const RequestTarget& target, std::string_view name);

/// A decimal number in its bounds, or nothing where the parameter is not given.
std::optional<std::uint64_t> number(const RequestTarget& target, std::string_view name,
                                    std::uint64_t least, std::uint64_t most);

/// "0" or "1", false where it is not given.
bool flag(const RequestTarget& target, std::string_view name);

/// All values of a parameter that may be given several times, or once with commas.
std::vector<std::string> list(const RequestTarget& target, std::string_view name);

/// A JSON text within the limits of depth; `what` it is, for the error.
boost::json::value json_text(std::string_view text, std::string_view what);

/// The body, which must be a JSON object in application/json.
boost::json::value json_body(const ServerRequest& request);

/// What is wrong with a member of the body.
HttpRefusal refusal_for(const JsonProblem& problem);

/// Refuses a body whose text is not within its bounds.
std::string text_of(const JsonObjectReader& body, std::string_view name, std::size_t max_bytes);

}  // namespace strandbus::detail
