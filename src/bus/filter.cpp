#include "strandbus/bus/filter.hpp"

#include <algorithm>
#include <utility>

namespace strandbus {
namespace {

template <class Keep>
void narrow(std::bitset<event_type_count>& types, Keep keep) {
  for (std::size_t i = 0; i < event_type_count; ++i) {
    if (!keep(static_cast<EventType>(i))) types.reset(i);
  }
}

template <class List, class T>
bool contains(const List& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

Filter::Filter() {
  types_.set();
  statuses_.set();
}

Filter& Filter::types(std::initializer_list<EventType> wanted) {
  narrow(types_, [&](EventType type) { return contains(wanted, type); });
  accepts_all_ = false;
  return *this;
}

Filter& Filter::without(std::initializer_list<EventType> unwanted) {
  narrow(types_, [&](EventType type) { return !contains(unwanted, type); });
  accepts_all_ = false;
  return *this;
}

Filter& Filter::scopes(std::initializer_list<Scope> wanted) {
  narrow(types_, [&](EventType type) { return contains(wanted, scope_of(type)); });
  accepts_all_ = false;
  return *this;
}

Filter& Filter::stages(std::initializer_list<Stage> wanted) {
  narrow(types_, [&](EventType type) { return contains(wanted, stage_of(type)); });
  accepts_all_ = false;
  return *this;
}

Filter& Filter::statuses(std::initializer_list<Status> wanted) {
  std::bitset<8> kept;
  for (const Status status : wanted) kept.set(static_cast<std::size_t>(status));
  statuses_ &= kept;
  accepts_all_ = only_types_ = false;
  return *this;
}

Filter& Filter::run(std::string run_id) {
  runs_.push_back(std::move(run_id));
  accepts_all_ = only_types_ = false;
  return *this;
}

Filter& Filter::agent(std::string name) {
  agents_.push_back(std::move(name));
  accepts_all_ = only_types_ = false;
  return *this;
}

Filter& Filter::where(Predicate predicate) {
  predicates_.push_back(std::move(predicate));
  accepts_all_ = only_types_ = false;
  return *this;
}

bool Filter::matches_the_rest(const StreamEvent& event) const {
  if (!statuses_.all() && !statuses_.test(static_cast<std::size_t>(event.status()))) return false;
  if (!runs_.empty() && !contains(runs_, event.run_id())) return false;
  if (!agents_.empty() && !contains(agents_, event.agent())) return false;
  return std::all_of(predicates_.begin(), predicates_.end(),
                     [&](const Predicate& wanted) { return wanted(event); });
}

}  // namespace strandbus
