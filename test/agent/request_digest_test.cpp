#include "agent/request_digest.hpp"

#include <boost/json/object.hpp>

#include <gtest/gtest.h>

namespace strandbus::detail {
namespace {

std::vector<Message> conversation() {
  std::vector<Message> messages(4);
  messages[0].content = "Calculate \"2+2\"";
  messages[1].role = Role::assistant;
  messages[1].tool_calls = {ToolCall{"call_1", "add", json::object{{"a", 2}, {"b", 2}}}};
  messages[2].role = Role::tool;
  messages[2].content = "4";
  messages[3].role = Role::assistant;
  messages[3].content = "It is 4.";
  return messages;
}

ModelRequest request(std::span<const Message> messages) {
  ModelRequest request;
  request.model = "m";
  request.system = "Be exact.";
  request.messages = messages;
  request.temperature = 0.5;
  return request;
}

std::string fresh(const ModelRequest& request) { return RequestDigest().of(request); }

TEST(Sha256, IsThatOfTheStandard) {
  Sha256 digest;  // FIPS 180-4, the examples of NIST
  EXPECT_EQ(digest.hexadecimal(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  digest.add("a");
  EXPECT_EQ(digest.hexadecimal(),
            "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
  digest.add("bc");
  EXPECT_EQ(digest.hexadecimal(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(RequestDigest, OfARequestIsTheSameWhateverCameBefore) {
  const std::vector<Message> messages = conversation();
  RequestDigest digest;
  std::string last;
  for (std::size_t count : {1U, 3U, 3U, 4U}) {
    const ModelRequest asked = request(std::span(messages).first(count));
    const std::string now = digest.of(asked);
    EXPECT_EQ(now, fresh(asked)) << count;
    last = now;
  }
  EXPECT_EQ(last.size(), 64U);
  EXPECT_NE(last, fresh(request(std::span(messages).first(3))));
}

TEST(RequestDigest, TellsSettingsToolsAndMessagesApart) {
  const std::vector<Message> messages = conversation();
  const std::vector<ToolSpec> tools{{"add", "Adds", {{"type", "object"}}}};
  const ModelRequest plain = request(messages);
  ModelRequest other = plain;
  other.tools = tools;
  EXPECT_NE(fresh(plain), fresh(other));
  other = plain;
  other.system = "Be quick.";
  EXPECT_NE(fresh(plain), fresh(other));
  std::vector<Message> changed = messages;
  changed[2].content = "5";
  EXPECT_NE(fresh(plain), fresh(request(changed)));
}

TEST(RequestDigest, LeavesOutIdsOfMessages) {
  std::vector<Message> messages = conversation();
  const std::string before = fresh(request(messages));
  messages[0].id = "msg_1";
  messages[1].tool_calls[0].call_id = "call_9";
  EXPECT_EQ(fresh(request(messages)), before);
}

}  // namespace
}  // namespace strandbus::detail
