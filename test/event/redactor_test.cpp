#include "strandbus/event/redactor.hpp"

#include "event/secret_samples.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace strandbus::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

const Redactor& redactor() {
  static const Redactor made({.values = {registered_value}});
  return made;
}

std::string json_of(std::string_view text) {
  json::value value = json::parse({text.data(), text.size()});
  redactor().apply(value);
  return json::serialize(value);
}

std::string refusal(const RedactionOptions& options) {
  try {
    const Redactor made(options);
    return "";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

TEST(Redactor, KnowsAtLeastSixtyForms) { EXPECT_GE(secret_samples().size(), 60U); }

TEST(Redactor, PutsAMarkerInThePlaceOfEachSecret) {
  for (const SecretSample& sample : secret_samples())
    EXPECT_EQ(redactor().redact(sample.text()), sample.redacted());
}

TEST(Redactor, SeesASecretAtTheBeginningAndAtTheEndOfAText) {
  for (const SecretSample& sample : secret_samples()) {
    if (sample.kind == "url-password") continue;  // the '@' behind it shows what it is
    const std::string text = redactor().redact(sample.before + sample.secret);
    EXPECT_FALSE(leaks(text, sample.secret)) << text;
  }
  EXPECT_EQ(redactor().redact(registered_value), "[redacted-value]");
}

TEST(Redactor, SeesSecretsThatFollowOneAnother) {
  std::string text;
  for (const SecretSample& sample : secret_samples()) text += sample.text() + "\n";
  text = redactor().redact(text);
  for (const SecretSample& sample : secret_samples()) {
    EXPECT_FALSE(leaks(text, sample.secret)) << sample.text();
  }
}

TEST(Redactor, ChangesNothingTwice) {
  for (const SecretSample& sample : secret_samples()) {
    const std::string once = redactor().redact(sample.text());
    EXPECT_EQ(redactor().redact(once), once);
  }
}

TEST(Redactor, LeavesOrdinaryTextsAlone) {
  for (const std::string text :
       {"",
        "Calculate 2+2",
        "max_tokens: 4096",
        "password: string",
        "token = next_token();",
        "the password is required",
        "Authorization: Bearer <token>",
        "Basic authentication",
        "https://example.com:8080/a@b",
        "git@github.com:owner/name.git",
        "sk-circle-fade-dot-big-x",
        "risk-abcdefghijklmnopqrstuvwxyz1234",
        "\"api_key\": \"${API_KEY}\"",
        "PASSWORD=$PASSWORD",
        "std::string token(64, 'x');",
        "password = os.environ[\"DB_PASSWORD\"]",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "12:34:56.789",
        "a == b1234567",
        "if (token == expected_token1)",
        "--token-file /etc/x1234567",
        "\"token_type\": \"bearer123\"",
        "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"})
    EXPECT_EQ(redactor().redact(text), text);
}

TEST(Redactor, SeesARegisteredValueInsideAnotherSecret) {
  const Redactor made({.values = {"inner value of mine"}});
  EXPECT_EQ(made.redact("Bearer 0123456789abcdef-inner value of mine!"),
            "Bearer [redacted-authorization]!");
}

TEST(Redactor, SeesTheRestOfAKeyWhoseBeginningIsRegistered) {
  const Redactor made({.values = {"sk-proj-Abc1"}});
  const std::string text = made.redact("x sk-proj-Abc1defghijklmnopqrstuvwxyz y");
  EXPECT_EQ(text, "x [redacted-openai-key] y");
}

TEST(Redactor, KeepsTheStructureOfJson) {
  EXPECT_EQ(json_of(R"({"a":[1,true,null,"Bearer 0123456789abcdef0"],"b":{"c":2.5}})"),
            R"({"a":[1,true,null,"Bearer [redacted-authorization]"],"b":{"c":2.5E0}})");
}

TEST(Redactor, TakesTheNameOfAJsonMemberIntoAccount) {
  EXPECT_EQ(json_of(R"({"password":"hunter2hunter","user":"hunter2hunter"})"),
            R"({"password":"[redacted-secret]","user":"hunter2hunter"})");
  EXPECT_EQ(json_of(R"({"Authorization":"Token 0123456789abc"})"),
            R"({"Authorization":"Token [redacted-secret]"})");
}

TEST(Redactor, TellsNamesApartThatHaveBecomeTheSame) {
  EXPECT_EQ(json_of(R"({"sk-AAAAAAAAAAAAAAAAAAAA1":1,"sk-BBBBBBBBBBBBBBBBBBBB2":2})"),
            R"({"[redacted-openai-key]":1,"[redacted-openai-key] 2":2})");
}

TEST(Redactor, LooksForWhatTheApplicationAdds) {
  const Redactor made({.prefixes = {{.kind = "acme-key", .prefix = "acme_", .length = 8}}});
  EXPECT_EQ(made.redact("use acme_12345678901, not acme_1234"),
            "use [redacted-acme-key], not acme_1234");
}

TEST(Redactor, ShowsTheKindsThatMayBeShown) {
  for (const SecretSample& sample : secret_samples()) {
    if (sample.kind == "value") continue;
    RedactionOptions options;
    for (const std::string_view kind : Redactor::kinds()) options.shown_kinds.emplace_back(kind);
    EXPECT_EQ(Redactor(options).redact(sample.text()), sample.text());
  }
}

TEST(Redactor, DoesNothingWhenItIsOff) {
  const Redactor off({.mode = Redaction::off, .values = {registered_value}});
  for (const SecretSample& sample : secret_samples())
    EXPECT_EQ(off.redact(sample.text()), sample.text());
  StreamRedactor stream(off);
  std::string piece = "sk-";
  stream.push(piece);
  EXPECT_EQ(piece, "sk-");
  EXPECT_EQ(stream.flush(), "");
}

TEST(Redactor, NamesItsKinds) {
  for (const SecretSample& sample : secret_samples())
    EXPECT_THAT(Redactor::kinds(), Contains(sample.kind));
}

TEST(Redactor, RefusesOptionsWithoutTellingSecrets) {
  EXPECT_EQ(refusal({.values = {"long enough", "short"}}),
            "RedactionOptions::values[1] has 5 bytes; allowed is at least 8");
  EXPECT_EQ(
      refusal({.prefixes = {{.kind = "Acme", .prefix = "acme"}}}),
      "RedactionOptions::prefixes[0].kind is \"Acme\"; allowed is 1 to 40 of a-z, 0-9 and '-'");
  EXPECT_EQ(refusal({.prefixes = {{.kind = "acme", .prefix = "a"}}}),
            "RedactionOptions::prefixes[0].prefix has 1 bytes; allowed is 3 to 64");
  EXPECT_EQ(refusal({.prefixes = {{.kind = "acme", .prefix = "acme", .length = 1}}}),
            "RedactionOptions::prefixes[0].length is 1; allowed is 4 to 128");
  EXPECT_THAT(refusal({.shown_kinds = {"nonsense"}}), HasSubstr("shown_kinds names \"nonsense\""));
}

TEST(Redactor, TakesSecretsOutOfLogLines) {
  std::string written;
  const Logger logger(LogLevel::info, [&](LogLevel, std::string_view line) { written = line; });
  const Logger redacting = redacting_logger(logger, redactor());
  redacting.log(LogLevel::error, "it said " + registered_value);
  EXPECT_EQ(written, "it said [redacted-value]");
  EXPECT_FALSE(redacting.enabled(LogLevel::debug));
}

}  // namespace
}  // namespace strandbus::testing
