#include "otel/span_tree.hpp"

#include "otel/genai_names.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t max_moments = 128;

void mark_unfinished(Span& span) {
  span.status = SpanStatus::error;
  span.status_message = "unfinished";
  span.attributes.push_back({genai::unfinished, true});
}

}  // namespace

SpanTree::Handle SpanTree::begin(Beginning beginning, std::vector<Span>& ended) {
  for (const std::string& key : beginning.keys) {
    const Handle old = find(key);
    if (Open* const open = find(old)) {
      mark_unfinished(open->span);
      end(old, beginning.span.start, ended);
    }
  }
  if (open_.size() >= max_open_) {
    ++left_out_;
    return 0;
  }
  Open open;
  open.span = std::move(beginning.span);
  open.kind = beginning.kind;
  open.sampled = beginning.sampled;
  open.keys = std::move(beginning.keys);
  if (Open* const parent = find(beginning.parent)) {
    open.parent = beginning.parent;
    open.sampled = parent->sampled;
    open.span.trace = parent->span.trace;
    open.span.parent = parent->span.id;
    open.span.start = std::max(open.span.start, parent->span.start);
    ++parent->children;
  }
  const Handle handle = ++last_;
  for (const std::string& key : open.keys) keys_[key] = handle;
  open_.emplace(handle, std::move(open));
  return handle;
}

SpanTree::Handle SpanTree::find(std::string_view key) const {
  const auto found = keys_.find(key);
  return found == keys_.end() ? 0 : found->second;
}

SpanTree::Open* SpanTree::find(Handle handle) {
  const auto found = open_.find(handle);
  return found == open_.end() ? nullptr : &found->second;
}

Span* SpanTree::span(Handle handle) {
  Open* const open = find(handle);
  return open ? &open->span : nullptr;
}

void SpanTree::add(Handle handle, SpanMoment moment) {
  Span* const own = span(handle);
  if (!own) return;
  if (own->moments.size() >= max_moments) {
    ++own->dropped_moments;
    return;
  }
  moment.time = std::max(moment.time, own->start);
  own->moments.push_back(std::move(moment));
}

void SpanTree::end(Handle handle, Timestamp time, std::vector<Span>& ended) {
  Open* const open = find(handle);
  if (!open) return;
  // What a part of it was around may be below it now.
  while (open->children > 0) end_children(handle, time, ended);
  Span& span = open->span;
  span.end = std::max({time, span.start, open->last_end});
  for (const SpanMoment& moment : span.moments) span.end = std::max(span.end, moment.time);
  if (Open* const parent = find(open->parent)) {
    --parent->children;
    parent->last_end = std::max(parent->last_end, span.end);
  }
  for (const std::string& key : open->keys) keys_.erase(key);
  if (open->sampled) ended.push_back(std::move(span));
  open_.erase(handle);
}

void SpanTree::end_children(Handle handle, Timestamp time, std::vector<Span>& ended) {
  std::vector<Handle> parts;
  for (auto child = open_.upper_bound(handle); child != open_.end(); ++child) {
    if (child->second.parent != handle) continue;
    if (child->second.kind == Kind::part) {
      parts.push_back(child->first);
    } else {
      move_up(child->second, *find(handle));
      --find(handle)->children;
    }
  }
  for (const Handle part : parts) {
    mark_unfinished(find(part)->span);
    end(part, time, ended);
  }
}

/// Puts a child that goes on below what its parent is below.
void SpanTree::move_up(Open& child, const Open& parent) {
  child.parent = parent.parent;
  if (Open* const above = find(parent.parent)) {
    child.span.parent = above->span.id;
    ++above->children;
  } else {
    child.span.parent = 0;
    child.span.linked_span = parent.span.id;
  }
}

void SpanTree::end_all(Timestamp time, std::vector<Span>& ended) {
  while (!open_.empty()) {
    const auto last = std::prev(open_.end());
    mark_unfinished(last->second.span);
    end(last->first, time, ended);
  }
}

}  // namespace strandbus::detail
