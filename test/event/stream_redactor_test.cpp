#include "event/sample.hpp"
#include "event/secret_samples.hpp"
#include "strandbus/event/redactor.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>

namespace strandbus::testing {
namespace {

const Redactor& redactor() {
  static const Redactor made({.values = {registered_value}});
  return made;
}

/// The text in pieces that end where `cut` says.
template <class Cut>
std::string streamed(std::string_view text, Cut cut) {
  StreamRedactor stream(redactor());
  std::string shown;
  while (!text.empty()) {
    const std::size_t size = cut(text);
    std::string piece(text.substr(0, size));
    stream.push(piece);
    shown += piece;
    text.remove_prefix(size);
  }
  return shown + stream.flush();
}

std::string byte_by_byte(std::string_view text) {
  return streamed(text, [](std::string_view) { return std::size_t{1}; });
}

/// What comes out before the end.
std::string pushed(StreamRedactor& stream, std::string piece) {
  stream.push(piece);
  return piece;
}

TEST(StreamRedactor, FindsASecretThatIsCutAtAnyByte) {
  for (const SecretSample& sample : secret_samples()) {
    const std::string text = sample.text();
    for (std::size_t at = 0; at <= text.size(); ++at) {
      StreamRedactor stream(redactor());
      std::string shown = pushed(stream, text.substr(0, at));
      shown += pushed(stream, text.substr(at));
      shown += stream.flush();
      ASSERT_EQ(shown, sample.redacted()) << at;
    }
  }
}

TEST(StreamRedactor, FindsASecretThatComesByteByByte) {
  for (const SecretSample& sample : secret_samples())
    EXPECT_EQ(byte_by_byte(sample.text()), sample.redacted());
}

TEST(StreamRedactor, ShowsOrdinaryTextAtOnce) {
  StreamRedactor stream{Redactor()};
  for (const std::string piece :
       {"The", " answer", " to",       " everything", " is",   " 42", ".",       "\n\n",
        "It",  " was",    " computed", ",",           " e.g.", " by", " \"Deep", " Thought\"",
        " (",  "1979",    "):",        " see",        " docs", "/",   "guide.md"}) {
    EXPECT_EQ(pushed(stream, piece), piece);
    EXPECT_EQ(stream.held(), 0U);
  }
}

TEST(StreamRedactor, HoldsBackOnlyWhatMayBeASecret) {
  StreamRedactor stream{Redactor()};
  EXPECT_EQ(pushed(stream, "use s"), "use ");
  EXPECT_EQ(stream.held(), 1U);
  EXPECT_EQ(pushed(stream, "k-a"), "");
  EXPECT_EQ(stream.held(), 4U);
  EXPECT_EQ(pushed(stream, "b is a prefix"), "sk-ab is a prefix");
  EXPECT_EQ(stream.held(), 0U);
}

TEST(StreamRedactor, GivesBackWhatWasNoSecretAtTheEnd) {
  StreamRedactor stream{Redactor()};
  EXPECT_EQ(pushed(stream, "use sk-ab"), "use ");
  EXPECT_EQ(stream.flush(), "sk-ab");
  EXPECT_EQ(stream.flush(), "");
}

TEST(StreamRedactor, TellsASecretAsSoonAsItIsOne) {
  StreamRedactor stream{Redactor()};
  EXPECT_EQ(pushed(stream, "sk-Abcdefghijklmnopqrstuvw"), "[redacted-openai-key]");
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(pushed(stream, "more0"), "");
  EXPECT_EQ(stream.held(), 0U);
  EXPECT_EQ(pushed(stream, "! done"), "! done");
}

TEST(StreamRedactor, NeverHoldsBackMuch) {
  for (const std::string beginning :
       {"eyJ", "sk-", "password=\"", "Bearer ", "-----BEGIN ", "https://u:", "--password ",
        "a:", "\\", "Authorization: ", "-----BEGIN PRIVATE KEY-----\n-----END "}) {
    for (const char filler : {'a', 'A', '0', '-', ' ', '\\', '.', ':'}) {
      StreamRedactor stream(redactor());
      pushed(stream, "x " + beginning);
      for (int i = 0; i < 3000; ++i) {
        pushed(stream, std::string(1, filler));
        ASSERT_LE(stream.held(), 1024U) << beginning << filler;
      }
    }
  }
}

/// Texts of pieces of secrets, of what begins or joins them, and of anything.
std::string random_text(std::mt19937_64& random) {
  static const std::vector<std::string_view> words{"password",
                                                   "=",
                                                   ":",
                                                   "\"",
                                                   "\\\"",
                                                   "'",
                                                   " ",
                                                   "\n",
                                                   "\\n",
                                                   "sk-",
                                                   "eyJ",
                                                   ".",
                                                   "Bearer ",
                                                   "--token",
                                                   "://",
                                                   "@",
                                                   "/",
                                                   "-----BEGIN ",
                                                   "PRIVATE KEY",
                                                   "-----",
                                                   "-----END ",
                                                   "%20",
                                                   "\x1b[1m",
                                                   "\\u0020",
                                                   "AKIA",
                                                   "12345678",
                                                   "Authorization",
                                                   "basic ",
                                                   "MTk4NjIyNDgzNDcxOTI1MjQ4",
                                                   "api_key",
                                                   "(",
                                                   ">",
                                                   "é"};
  const auto pick = [&random](std::size_t size) {
    return static_cast<std::size_t>(random() % size);
  };
  std::string text;
  for (std::size_t left = pick(14); left > 0; --left) {
    const SecretSample& sample = secret_samples()[pick(secret_samples().size())];
    switch (pick(4)) {
      case 0: text += sample.text(); break;
      case 1: {
        const std::string whole = sample.text();
        const std::size_t begin = pick(whole.size());
        text += whole.substr(begin, pick(whole.size() - begin) + 1);
        break;
      }
      case 2: text += words[pick(words.size())]; break;
      default:
        for (std::size_t bytes = pick(40); bytes > 0; --bytes)
          text += static_cast<char>(pick(3) == 0 ? pick(256) : 'a' + pick(26));
    }
  }
  return text;
}

TEST(StreamRedactor, MakesOfPiecesWhatTheRedactorMakesOfTheWhole) {
  const std::uint64_t seed = test_seed();
  std::printf("STRANDBUS_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 1500; ++i) {
    const std::string text = random_text(random);
    const std::string whole = redactor().redact(text);
    const std::size_t most = 1 + static_cast<std::size_t>(random() % 40);
    const auto any_size = [&](std::string_view rest) {
      return 1 + static_cast<std::size_t>(random() % std::min(most, rest.size()));
    };
    ASSERT_EQ(streamed(text, any_size), whole) << i;
    ASSERT_EQ(byte_by_byte(text), whole) << i;
  }
}

TEST(StreamRedactor, GoesOnWithALongText) {
  std::string text;
  for (int i = 0; i < 40; ++i)
    for (const SecretSample& sample : secret_samples()) text += sample.text() + "\n some words\n";
  const std::string whole = redactor().redact(text);
  EXPECT_EQ(
      streamed(text, [](std::string_view rest) { return std::min<std::size_t>(7, rest.size()); }),
      whole);
}

TEST(StreamRedactor, GoesOnInsideASecretAfterAFlush) {
  StreamRedactor stream{Redactor()};
  EXPECT_EQ(pushed(stream, "sk-Abcdefghijklmnopqrstuvw"), "[redacted-openai-key]");
  EXPECT_EQ(stream.flush(), "");
  EXPECT_EQ(pushed(stream, "xyz0123456789 and"), " and");
}

}  // namespace
}  // namespace strandbus::testing
