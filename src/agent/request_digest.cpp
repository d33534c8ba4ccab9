#include "request_digest.hpp"

#include "strandbus/event/json_codec.hpp"

#include <openssl/evp.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace strandbus::detail {
namespace {

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    check(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }

  void add(std::string_view text) {
    check(EVP_DigestUpdate(context_.get(), text.data(), text.size()) == 1);
  }

  std::string hexadecimal() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned int size = 0;
    check(EVP_DigestFinal_ex(context_.get(), bytes.data(), &size) == 1);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (unsigned int i = 0; i < size; ++i) {
      text += digits[bytes[i] >> 4];
      text += digits[bytes[i] & 15];
    }
    return text;
  }

 private:
  static void check(bool ok) {
    if (!ok) throw std::runtime_error("SHA-256 is not available in this OpenSSL");
  }

  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

void append_message(std::string& out, const Message& message) {
  // Ids are made up anew in each run, so they are not part of what was asked.
  out += to_string(message.role);
  append_json_string(out, message.content);
  for (const ToolCall& call : message.tool_calls) {
    append_json_string(out, call.tool_name);
    append_json(out, call.arguments);
  }
}

}  // namespace

std::string request_digest(const ModelRequest& request) {
  Sha256 digest;
  std::string part;
  append_json_string(part, request.model);
  append_json_string(part, request.system);
  append_json(part, request.parameters);
  append_json(part, request.response_schema);
  if (request.max_tokens)
    append_json(part.append(" max_tokens "), json::value(*request.max_tokens));
  if (request.temperature)
    append_json(part.append(" temperature "), json::value(*request.temperature));
  digest.add(part);
  for (const ToolSpec& tool : request.tools) {
    part.clear();
    append_json_string(part, tool.name);
    append_json_string(part, tool.description);
    append_json(part, tool.parameters);
    digest.add(part);
  }
  for (const Message& message : request.messages) {
    part.clear();
    append_message(part, message);
    digest.add(part);
  }
  return digest.hexadecimal();
}

}  // namespace strandbus::detail
