#include "otel/export_queue.hpp"

#include <utility>

namespace strandbus::detail {

bool ExportQueue::push(std::string span, Time now) {
  if (waiting_.size() >= limits_.spans || bytes_ + span.size() > limits_.bytes) return false;
  bytes_ += span.size();
  waiting_.push_back({std::move(span), now});
  return true;
}

std::optional<ExportQueue::Time> ExportQueue::due() const {
  if (waiting_.empty()) return std::nullopt;
  if (full_batch()) return Time::min();
  return waiting_.front().since + limits_.delay;
}

ExportQueue::Batch ExportQueue::take() {
  Batch batch;
  while (!waiting_.empty() && batch.count < limits_.batch_spans) {
    const std::string& next = waiting_.front().span;
    if (batch.count > 0 && batch.spans.size() + next.size() >= limits_.batch_bytes) break;
    if (batch.count > 0) batch.spans += ',';
    batch.spans += next;
    bytes_ -= next.size();
    ++batch.count;
    waiting_.pop_front();
  }
  return batch;
}

}  // namespace strandbus::detail
