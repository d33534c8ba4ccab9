#pragma once

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace strandbus::testing {

/// A strict reader of the Prometheus text exposition format 0.0.4, for what the library writes of
/// it: no time stamps, labels without superfluous blanks. It throws at what the format forbids.
class Exposition {
 public:
  using Labels = std::map<std::string, std::string>;
  struct Series {
    std::string name;
    Labels labels;
    auto operator<=>(const Series&) const = default;
  };

  explicit Exposition(std::string_view text) : rest_(text) {
    while (!rest_.empty()) read_line();
  }

  const std::map<Series, std::string>& samples() const { return samples_; }
  /// The type of each family.
  const std::map<std::string, std::string>& types() const { return types_; }
  /// The value of a series; empty if it is not there.
  std::string value(const std::string& name, const Labels& labels = {}) const {
    const auto found = samples_.find({name, labels});
    return found == samples_.end() ? std::string() : found->second;
  }

 private:
  void read_line() {
    if (rest_.starts_with("# HELP ")) {
      take("# HELP ");
      family_ = name();
      take(" ");
      if (until("\n").empty()) fail("a help without a text");
    } else if (rest_.starts_with("# TYPE ")) {
      take("# TYPE ");
      if (name() != family_) fail("a type without its help");
      take(" ");
      if (!types_.emplace(family_, until("\n")).second) fail("a family in two places");
    } else {
      read_sample();
    }
    take("\n");
  }

  void read_sample() {
    Series series{name(), {}};
    if (!belongs_to_family(series.name)) fail("a sample outside its family");
    if (rest_.starts_with("{")) {
      do {
        rest_.remove_prefix(1);
        const std::string label = name();
        take("=\"");
        if (!series.labels.emplace(label, quoted()).second) fail("a label twice");
      } while (rest_.starts_with(","));
      take("}");
    }
    take(" ");
    const std::string value(until("\n"));
    std::size_t read = 0;
    if (std::stod(value, &read) < 0 || read != value.size()) fail("no number that may be here");
    if (!samples_.emplace(std::move(series), value).second) fail("a series twice");
  }

  bool belongs_to_family(std::string_view sample) const {
    if (sample == family_) return types_.at(family_) != "histogram";
    for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
      if (sample == family_ + std::string(suffix)) return types_.at(family_) == "histogram";
    }
    return false;
  }

  std::string name() {
    constexpr std::string_view letters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    const std::size_t size = std::min(rest_.find_first_not_of(letters), rest_.size());
    if (size == 0 || (rest_[0] >= '0' && rest_[0] <= '9')) fail("no name");
    std::string text(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return text;
  }

  /// Up to the closing quote, without it.
  std::string quoted() {
    std::string text;
    for (;;) {
      if (rest_.empty() || rest_[0] == '\n' || rest_[0] == '\0') fail("a text that does not end");
      const char c = rest_[0];
      rest_.remove_prefix(1);
      if (c == '"') return text;
      text += c == '\\' ? escaped() : c;
    }
  }

  char escaped() {
    const char c = rest_.empty() ? '\0' : rest_[0];
    if (c != '\\' && c != '"' && c != 'n') fail("an unknown escape");
    rest_.remove_prefix(1);
    return c == 'n' ? '\n' : c;
  }

  std::string_view until(std::string_view end) {
    const std::string_view text = rest_.substr(0, rest_.find(end));
    rest_.remove_prefix(text.size());
    return text;
  }

  void take(std::string_view expected) {
    if (!rest_.starts_with(expected)) fail("something else is expected");
    rest_.remove_prefix(expected.size());
  }

  [[noreturn]] void fail(const std::string& why) const {
    throw std::runtime_error(why + " before: " + std::string(rest_.substr(0, 80)));
  }

  std::string_view rest_;
  std::string family_;
  std::map<std::string, std::string> types_;
  std::map<Series, std::string> samples_;
};

}  // namespace strandbus::testing
