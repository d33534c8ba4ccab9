#include "request_digest.hpp"

#include "strandbus/event/json_codec.hpp"

#include <boost/assert.hpp>

#include <array>
#include <stdexcept>

namespace strandbus::detail {
namespace {

void check(bool ok) {
  if (!ok) throw std::runtime_error("SHA-256 is not available in this OpenSSL");
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()), copy_(EVP_MD_CTX_new()) {
  check(context_ && copy_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void Sha256::add(std::string_view text) {
  check(EVP_DigestUpdate(context_.get(), text.data(), text.size()) == 1);
}

std::string Sha256::hexadecimal() const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  check(EVP_MD_CTX_copy_ex(copy_.get(), context_.get()) == 1);
  check(EVP_DigestFinal_ex(copy_.get(), bytes.data(), &size) == 1);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(std::size_t{2} * size);
  for (unsigned int i = 0; i < size; ++i) {
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 15];
  }
  return text;
}

std::string RequestDigest::of(const ModelRequest& request) {
  BOOST_ASSERT(request.messages.size() >= messages_);
  part_.clear();
  if (!digest_) {
    digest_.emplace();
    add_settings(request);
  }
  for (const Message& message : request.messages.subspan(messages_)) add_message(message);
  messages_ = request.messages.size();
  if (redactor_) redactor_->apply(part_);
  digest_->add(part_);
  return digest_->hexadecimal();
}

void RequestDigest::add_settings(const ModelRequest& request) {
  append_json_string(part_, request.model);
  append_json_string(part_, request.system);
  append_json(part_, request.parameters);
  append_json(part_, request.response_schema);
  if (request.max_tokens)
    append_json(part_.append(" max_tokens "), json::value(*request.max_tokens));
  if (request.temperature)
    append_json(part_.append(" temperature "), json::value(*request.temperature));
  for (const ToolSpec& tool : request.tools) {
    append_json_string(part_, tool.name);
    append_json_string(part_, tool.description);
    append_json(part_, tool.parameters);
  }
}

void RequestDigest::add_message(const Message& message) {
  // Ids are made up anew in each run, so they are not part of what was asked.
  part_ += to_string(message.role);
  append_json_string(part_, message.content);
  for (const ToolCall& call : message.tool_calls) {
    append_json_string(part_, call.tool_name);
    append_json(part_, call.arguments);
  }
}

}  // namespace strandbus::detail
