#include "event/json_parser.hpp"

#include <boost/json/array.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace strandbus {
namespace detail {
namespace {

using Text = json::string_view;

/// What a handler of basic_parser need not care about.
struct HandlerBase {
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = max_object_size;
  static constexpr std::size_t max_key_size = max_object_size;
  static constexpr std::size_t max_string_size = max_object_size;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_comment_part(Text, error_code&) { return true; }
  bool on_comment(Text, error_code&) { return true; }
};

/// Builds nothing; remembers the keys of the open objects and refuses duplicates.
class Checker : public HandlerBase {
 public:
  const std::string& duplicate_key() const noexcept { return duplicate_; }

  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }

  bool on_object_end(std::size_t count, error_code& ec) {
    const std::size_t first = ends_.size() - count;
    if (count > 1 && has_duplicate(first)) {
      ec = Errc::malformed_json;
      return false;
    }
    keys_.resize(begin_of(first));
    ends_.resize(first);
    return true;
  }

  bool on_key_part(Text part, std::size_t, error_code&) {
    keys_.append(part.data(), part.size());
    return true;
  }

  bool on_key(Text part, std::size_t, error_code&) {
    keys_.append(part.data(), part.size());
    ends_.push_back(keys_.size());
    return true;
  }

  bool on_string_part(Text, std::size_t, error_code&) { return true; }
  bool on_string(Text, std::size_t, error_code&) { return true; }
  bool on_number_part(Text, error_code&) { return true; }
  bool on_int64(std::int64_t, Text, error_code&) { return true; }
  bool on_uint64(std::uint64_t, Text, error_code&) { return true; }
  bool on_double(double, Text, error_code&) { return true; }
  bool on_bool(bool, error_code&) { return true; }
  bool on_null(error_code&) { return true; }

 private:
  std::size_t begin_of(std::size_t index) const { return index == 0 ? 0 : ends_[index - 1]; }

  bool has_duplicate(std::size_t first) {
    sorted_.clear();
    for (std::size_t i = first; i < ends_.size(); ++i) {
      sorted_.push_back(std::string_view(keys_).substr(begin_of(i), ends_[i] - begin_of(i)));
    }
    std::sort(sorted_.begin(), sorted_.end());
    const auto found = std::adjacent_find(sorted_.begin(), sorted_.end());
    if (found == sorted_.end()) return false;
    duplicate_ = *found;
    return true;
  }

  std::string keys_;                      // of all open objects, one after the other
  std::vector<std::size_t> ends_;         // where each key ends
  std::vector<std::string_view> sorted_;  // of one object
  std::string duplicate_;
};

/// Builds a DOM whose doubles are correctly rounded.
class Builder : public HandlerBase {
 public:
  explicit Builder(HugeNumber huge) : huge_(huge) {}

  json::value release() { return std::move(root_); }

  bool on_array_begin(error_code&) { return open(json::array()); }
  bool on_array_end(std::size_t, error_code&) { return close(); }
  bool on_object_begin(error_code&) { return open(json::object()); }
  bool on_object_end(std::size_t, error_code&) { return close(); }

  bool on_key_part(Text part, std::size_t, error_code&) { return collect(part); }
  bool on_key(Text part, std::size_t, error_code&) {
    collect(part);
    key_.swap(text_);
    text_.clear();
    return true;
  }

  bool on_string_part(Text part, std::size_t, error_code&) { return collect(part); }
  bool on_string(Text part, std::size_t, error_code&) {
    collect(part);
    add(json::string(text_));
    text_.clear();
    return true;
  }

  bool on_number_part(Text part, error_code&) { return collect(part); }
  bool on_int64(std::int64_t value, Text, error_code&) { return add_number(value); }
  bool on_uint64(std::uint64_t value, Text, error_code&) { return add_number(value); }
  bool on_double(double rough, Text part, error_code& ec) {
    collect(part);
    const std::optional<double> exact = double_from({text_.data(), text_.size()});
    if (!exact && huge_ == HugeNumber::refuse) {
      ec = Errc::invalid_event;
      return false;
    }
    return add_number(exact.value_or(rough));
  }

  bool on_bool(bool value, error_code&) {
    add(value);
    return true;
  }
  bool on_null(error_code&) {
    add(nullptr);
    return true;
  }

 private:
  bool collect(Text part) {
    text_.append(part);
    return true;
  }

  template <class Number>
  bool add_number(Number value) {
    add(value);
    text_.clear();
    return true;
  }

  bool open(json::value container) {
    open_.push_back(&add(std::move(container)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  // The open containers do not move: each is the newest element of the one around it.
  json::value& add(json::value value) {
    if (open_.empty()) return root_ = std::move(value);
    if (auto* array = open_.back()->if_array()) return array->emplace_back(std::move(value));
    return open_.back()->get_object().emplace(key_, std::move(value)).first->value();
  }

  HugeNumber huge_;
  json::value root_;
  std::vector<json::value*> open_;
  json::string key_;
  json::string text_;
};

DecodeError malformed(std::size_t offset, const std::string& reason) {
  return {Errc::malformed_json,
          {},
          offset,
          "malformed JSON at byte " + std::to_string(offset) + ": " + reason};
}

DecodeError beyond(std::size_t offset, const std::string& reason) {
  return {Errc::limit_exceeded,
          {},
          offset,
          "limit exceeded at byte " + std::to_string(offset) + ": " + reason};
}

DecodeError explain(const error_code& ec, std::size_t offset, const Checker& checker,
                    const DecodeLimits& limits) {
  if (ec == Errc::malformed_json) {
    std::string key;
    append_json_string(key, std::string_view(checker.duplicate_key()).substr(0, 64));
    return malformed(offset, "the object that ends here has the key " + key + " twice");
  }
  if (ec == json::error::too_deep) {
    return beyond(offset, "nested deeper than " + std::to_string(limits.max_depth) + " levels");
  }
  if (ec == json::error::exponent_overflow) return beyond(offset, "an exponent beyond 32 bits");
  if (ec == json::error::incomplete) return malformed(offset, "the text ends too early");
  return malformed(offset, ec.message());
}

}  // namespace

std::optional<DecodeError> judge_json(std::string_view text, const DecodeLimits& limits) {
  json::parse_options options;
  options.max_depth = limits.max_depth;
  json::basic_parser<Checker> parser(options);
  error_code ec;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
  if (ec) return explain(ec, used, parser.handler(), limits);
  if (used < text.size()) return malformed(used, "more text after the end of the value");
  return std::nullopt;
}

std::optional<DecodeError> check_json(std::string_view text, const DecodeLimits& limits,
                                      RootMembers& root) {
  if (text.size() > limits.max_bytes) {
    return beyond(limits.max_bytes, "the text has " + std::to_string(text.size()) +
                                        " bytes, accepted are " + std::to_string(limits.max_bytes));
  }
  if (is_surely_json(text, limits.max_depth, root)) return std::nullopt;
  return judge_json(text, limits);
}

std::optional<DecodeError> check_json(std::string_view text, const DecodeLimits& limits) {
  RootMembers root;
  return check_json(text, limits, root);
}

boost::system::result<json::value, NumberRefused> make_value(std::string_view text,
                                                             HugeNumber huge) {
  json::parse_options options;
  options.max_depth = std::numeric_limits<std::size_t>::max();
  json::basic_parser<Builder> parser(options, huge);
  error_code ec;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
  if (ec) return NumberRefused{used};
  return parser.handler().release();
}

}  // namespace detail

boost::system::result<json::value, DecodeError> parse_json(std::string_view text,
                                                           const DecodeLimits& limits) {
  if (auto error = detail::check_json(text, limits)) return *std::move(error);
  auto value = detail::make_value(text);
  if (value) return *std::move(value);
  return detail::malformed(value.error().offset, "a number beyond the range of double");
}

}  // namespace strandbus
