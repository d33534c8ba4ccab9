#include "sink/chrome_form.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <map>
#include <set>
#include <utility>

namespace strandbus::testing {
namespace {

namespace json = boost::json;

class Form {
 public:
  std::vector<std::string> take() { return std::move(faults_); }

  void check(const json::object& event) {
    event_ = &event;
    const std::string phase = text("ph");
    thread_ = number("tid");
    number("pid");
    if (text("name").size() > 200) fault("has an endless name");
    if (phase == "M") return;
    const double time = number("ts");
    if (time < last_) fault("goes back in time");
    last_ = time;
    if (phase == "B") {
      open_[thread_].push_back(text("name"));
    } else if (phase == "E") {
      end();
    } else if (phase == "b" || phase == "e") {
      work(phase == "b");
    } else if (phase == "i") {
      if (text("s") != "t") fault("has no scope");
    } else if (phase == "s" || phase == "f") {
      flow(phase == "s");
    } else if (phase == "C") {
      counter();
    } else {
      fault("has an unknown phase");
    }
  }

  void finish() {
    for (const auto& [thread, names] : open_) {
      if (!names.empty()) faults_.push_back("open at the end: " + names.back());
    }
    if (!flows_.empty()) faults_.push_back("an arrow leads nowhere");
    if (!works_.empty()) faults_.push_back("open at the end: work " + works_.begin()->second);
  }

 private:
  void end() {
    auto& names = open_[thread_];
    if (names.empty()) return fault("ends nothing");
    if (names.back() != text("name")) fault("ends " + names.back());
    names.pop_back();
  }

  void work(bool begins) {
    const std::string key = text("cat") + ' ' + text("id");
    const bool of_session = thread_ == 1;
    if (!of_session && open_[thread_].empty()) fault("lies outside of its run");
    if (begins) {
      if (!ids_.insert(key).second) fault("has the id of another one");
      works_.emplace(key, text("name"));
    } else if (works_.erase(key) == 0) {
      fault("ends no work");
    }
  }

  /// Both ends of an arrow lie within slices.
  void flow(bool begins) {
    const std::string id = text("id");
    if (open_[thread_].empty()) fault("lies outside of every slice");
    if (begins) {
      if (!ids_.insert("flow " + id).second) fault("has the id of another one");
      flows_.insert(id);
    } else {
      if (text("bp") != "e") fault("does not end in the slice around it");
      if (flows_.erase(id) == 0) fault("ends no arrow");
    }
  }

  void counter() {
    const json::value* const args = event_->if_contains("args");
    if (!args || !args->is_object() || args->get_object().empty()) return fault("counts nothing");
    for (const auto& [key, value] : args->get_object()) {
      if (!value.is_number()) fault("counts no number");
    }
  }

  std::string text(std::string_view key) {
    const json::value* const value = event_->if_contains(key);
    if (value && value->is_string()) return std::string(value->get_string());
    fault("has no text " + std::string(key));
    return {};
  }
  double number(std::string_view key) {
    const json::value* const value = event_->if_contains(key);
    if (value && value->is_number() && value->to_number<double>() >= 0)
      return value->to_number<double>();
    fault("has no number " + std::string(key));
    return 0;
  }
  void fault(const std::string& what) { faults_.push_back(json::serialize(*event_) + ' ' + what); }

  const json::object* event_ = nullptr;
  double thread_ = 0;
  double last_ = 0;
  std::map<double, std::vector<std::string>> open_;
  std::map<std::string, std::string> works_;
  std::set<std::string> ids_;
  std::set<std::string> flows_;
  std::vector<std::string> faults_;
};

json::value parsed(std::string_view text) {
  json::parse_options options;
  options.max_depth = 128;
  return json::parse({text.data(), text.size()}, {}, options);
}

}  // namespace

std::vector<std::string> faults_of_chrome_trace(std::string_view text) {
  boost::system::error_code ec;
  const json::value trace = json::parse({text.data(), text.size()}, ec);
  if (ec) return {"no JSON: " + ec.message()};
  const json::value* const events =
      trace.is_object() ? trace.get_object().if_contains("traceEvents") : nullptr;
  if (!events || !events->is_array()) return {"no traceEvents"};
  Form form;
  for (const json::value& event : events->get_array()) {
    if (!event.is_object()) return {"an event is no object"};
    form.check(event.get_object());
  }
  form.finish();
  return form.take();
}

std::vector<json::object> chrome_events(std::string_view text, std::string_view phase,
                                        std::string_view category) {
  std::vector<json::object> found;
  const json::value trace = parsed(text);
  for (const json::value& value : trace.at("traceEvents").as_array()) {
    const json::object& event = value.as_object();
    const json::value* const cat = event.if_contains("cat");
    if (event.at("ph").as_string() == phase && cat && cat->as_string() == category)
      found.push_back(event);
  }
  return found;
}

}  // namespace strandbus::testing
