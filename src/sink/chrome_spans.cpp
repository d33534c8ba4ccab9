#include "sink/chrome_spans.hpp"

#include <algorithm>
#include <iterator>

namespace strandbus::detail {
namespace {

constexpr std::uint64_t session_thread = 1;
constexpr std::size_t max_threads = 1024;

std::string_view category_of(ChromeLevel level) {
  switch (level) {
    case ChromeLevel::run: return "run";
    case ChromeLevel::turn: return "turn";
    case ChromeLevel::model: break;
  }
  return "model";
}

std::string_view category_of(ChromeWork work) {
  switch (work) {
    case ChromeWork::tool: return "tool";
    case ChromeWork::approval: return "approval";
    case ChromeWork::subagent: return "sub-agent";
    case ChromeWork::task: return "task";
    case ChromeWork::workflow: return "workflow";
    case ChromeWork::step: break;
  }
  return "step";
}

ChromeArgs unfinished() {
  ChromeArgs args;
  args.flag("unfinished", true);
  return args;
}

ChromeArgs start_missing() {
  ChromeArgs args;
  args.flag("start_missing", true);
  return args;
}

}  // namespace

void ChromeSpans::at(std::string& out, Timestamp time) {
  out_ = &out;
  if (!zero_) zero_ = time;
  if (time <= *zero_) return;
  // Unsigned, so that no two times are too far apart.
  const std::uint64_t since = static_cast<std::uint64_t>(time.time_since_epoch().count()) -
                              static_cast<std::uint64_t>(zero_->time_since_epoch().count());
  now_ns_ = std::max(now_ns_, since);
}

void ChromeSpans::begin(const std::string& run_id, const std::string& agent, ChromeLevel level,
                        std::string_view name, const ChromeArgs& args) {
  if (level == ChromeLevel::run) end(run_id, level, unfinished());  // it begins again
  Lane* const lane = lane_for(run_id, agent);
  if (!lane) return;
  pop_to(*lane, level);
  if (level != ChromeLevel::run && lane->levels.empty())
    push(*lane, ChromeLevel::run, "run", start_missing());
  push(*lane, level, name, args);
}

void ChromeSpans::end(const std::string& run_id, ChromeLevel level, const ChromeArgs& args) {
  Lane* const lane = lane_of(run_id);
  if (!lane) return;
  const bool open = std::any_of(lane->levels.begin(), lane->levels.end(),
                                [level](const OpenLevel& one) { return one.level == level; });
  if (!open) return;
  if (level == ChromeLevel::run) close_works(lane, lane->works);
  while (!lane->levels.empty() && lane->levels.back().level > level) pop(*lane, unfinished());
  pop(*lane, args);
  if (level != ChromeLevel::run) return;
  lane->busy = false;
  runs_.erase(run_id);
}

void ChromeSpans::begin_work(const std::string& run_id, ChromeWork kind, const std::string& id,
                             std::string_view name, const ChromeArgs& args) {
  Lane* lane = lane_of(run_id);
  const auto key = std::make_pair(kind, id);
  if (const auto found = works_of(lane).find(key); found != works_of(lane).end())
    close_work(lane, works_of(lane), found, unfinished());
  if (!room()) return;
  OpenWork work{std::string(name), 0, 0};
  if (kind == ChromeWork::tool) {
    const auto thread = lane_for_call(lane);
    if (!thread) return;
    work.thread = *thread;
    lane = lane_of(run_id);  // there may be one more lane
    mark('B', name, category_of(kind), &lanes_[*thread], args);
    if (lane) {
      if (const auto flow = lane->flows.find(id); flow != lane->flows.end())
        close_flow(*lane, flow, lanes_[*thread]);
    }
  } else {
    work.id = ++ids_;
    mark('b', name, category_of(kind), lane, args, work.id);
  }
  works_of(lane).emplace(key, work);
  ++open_;
}

void ChromeSpans::begin_flow(const std::string& run_id, const std::string& call_id) {
  Lane* const lane = lane_of(run_id);
  const bool asks =
      lane && !lane->levels.empty() && lane->levels.back().level == ChromeLevel::model;
  if (!asks) return;
  if (const auto old = lane->flows.find(call_id); old != lane->flows.end())
    close_flow(*lane, old, *lane);
  if (!room()) return;
  const std::uint64_t id = ++ids_;
  mark('s', "call", "call", lane, ChromeArgs(), id);
  lane->flows.emplace(call_id, id);
  ++open_;
}

void ChromeSpans::end_flow(const std::string& run_id, const std::string& call_id) {
  Lane* const lane = lane_of(run_id);
  if (!lane) return;
  if (const auto flow = lane->flows.find(call_id); flow != lane->flows.end())
    close_flow(*lane, flow, *lane);
}

bool ChromeSpans::end_work(const std::string& run_id, ChromeWork kind, const std::string& id,
                           const ChromeArgs& args) {
  // It may have begun before its run was known.
  for (Lane* const lane : {lane_of(run_id), static_cast<Lane*>(nullptr)}) {
    Works& works = works_of(lane);
    const auto found = works.find({kind, id});
    if (found == works.end()) continue;
    close_work(lane, works, found, args);
    return true;
  }
  return false;
}

void ChromeSpans::instant(const std::string& run_id, std::string_view name,
                          std::string_view category, const ChromeArgs& args) {
  mark('i', name, category, lane_of(run_id), args);
}

void ChromeSpans::counter(std::string_view name, const ChromeArgs& args) {
  mark('C', name, {}, nullptr, args);
}

void ChromeSpans::finish() {
  for (Lane& lane : lanes_) {
    close_works(&lane, lane.works);
    while (!lane.levels.empty()) pop(lane, unfinished());
    lane.busy = false;
  }
  close_works(nullptr, session_works_);
  runs_.clear();
}

// Threads.

ChromeSpans::Lane* ChromeSpans::lane_of(const std::string& run_id) {
  const auto found = runs_.find(run_id);
  return found == runs_.end() ? nullptr : &lanes_[found->second];
}

/// The run's thread, one that is free if it has none yet; null if there is no room.
ChromeSpans::Lane* ChromeSpans::lane_for(const std::string& run_id, const std::string& agent) {
  if (Lane* const lane = lane_of(run_id)) return lane;
  if (!room()) return nullptr;
  Lane* const lane = free_lane(agent.empty() ? "agent" : agent);
  if (!lane) return nullptr;
  lane->busy = true;
  runs_.emplace(run_id, static_cast<std::size_t>(lane - lanes_.data()));
  return lane;
}

/// A thread of this agent that has no run; null if there are too many threads.
ChromeSpans::Lane* ChromeSpans::free_lane(const std::string& agent) {
  std::size_t number = 1;
  for (Lane& lane : lanes_) {
    if (lane.agent != agent) continue;
    if (!lane.busy) return &lane;
    ++number;
  }
  if (lanes_.size() == max_threads) {
    ++left_out_;
    return nullptr;
  }
  Lane& lane = lanes_.emplace_back();
  lane.agent = agent;
  constexpr std::size_t max_name = 128;
  ChromeArgs name(max_name);
  name.text("name", number == 1 ? agent : agent + ' ' + std::to_string(number));
  mark('M', "thread_name", {}, &lane, name);
  return &lane;
}

/// A thread for one call, beside that of the run; none if there are too many threads.
std::optional<std::size_t> ChromeSpans::lane_for_call(const Lane* lane) {
  Lane* const free = free_lane((lane ? lane->agent : std::string("session")) + ": tools");
  if (!free) return std::nullopt;
  free->busy = true;
  return static_cast<std::size_t>(free - lanes_.data());
}

/// Whether one more may be open.
bool ChromeSpans::room() {
  if (open_ < max_open_) return true;
  ++left_out_;
  return false;
}

std::uint64_t ChromeSpans::thread_of(const Lane* lane) const {
  if (!lane) return session_thread;
  return session_thread + 1 + static_cast<std::uint64_t>(lane - lanes_.data());
}

// What is open.

void ChromeSpans::push(Lane& lane, ChromeLevel level, std::string_view name,
                       const ChromeArgs& args) {
  mark('B', name, category_of(level), &lane, args);
  lane.levels.push_back({level, std::string(name)});
  ++open_;
}

void ChromeSpans::pop(Lane& lane, const ChromeArgs& args) {
  if (lane.levels.size() == 1) close_flows(lane);
  const OpenLevel level = std::move(lane.levels.back());
  lane.levels.pop_back();
  --open_;
  mark('E', level.name, category_of(level.level), &lane, args);
}

/// Closes what cannot be around the next one of this level.
void ChromeSpans::pop_to(Lane& lane, ChromeLevel level) {
  while (!lane.levels.empty() && lane.levels.back().level >= level) pop(lane, unfinished());
}

void ChromeSpans::close_flow(Lane& lane, std::map<std::string, std::uint64_t>::iterator flow,
                             const Lane& at) {
  mark('f', "call", "call", &at, ChromeArgs(), flow->second);
  lane.flows.erase(flow);
  --open_;
}

/// Arrows to calls that have never begun end where their run does.
void ChromeSpans::close_flows(Lane& lane) {
  while (!lane.flows.empty()) close_flow(lane, lane.flows.begin(), lane);
}

void ChromeSpans::close_work(const Lane* lane, Works& works, Works::iterator work,
                             const ChromeArgs& args) {
  const std::string_view category = category_of(work->first.first);
  if (work->first.first == ChromeWork::tool) {
    Lane& own = lanes_[work->second.thread];
    own.busy = false;
    mark('E', work->second.name, category, &own, args);
  } else {
    mark('e', work->second.name, category, lane, args, work->second.id);
  }
  works.erase(work);
  --open_;
}

void ChromeSpans::close_works(const Lane* lane, Works& works) {
  while (!works.empty()) close_work(lane, works, works.begin(), unfinished());
}

void ChromeSpans::mark(char phase, std::string_view name, std::string_view category,
                       const Lane* lane, const ChromeArgs& args, std::uint64_t id) {
  append_chrome_mark(*out_, {phase, name, category, now_ns_, thread_of(lane), id}, args);
}

}  // namespace strandbus::detail
