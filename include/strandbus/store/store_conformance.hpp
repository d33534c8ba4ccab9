#pragma once

#include "strandbus/store/event_store.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus {

/// What a check does to one event behind the store's back.
enum class StoreDamage : std::uint8_t {
  changed,  ///< one byte of a text is another one: still JSON, and the seq is right
  broken,   ///< it is no JSON any more
  removed,  ///< it is gone, and what follows it is still there
};

/// A place that one check has for itself, a new directory for example. It goes with its owner.
class StorePlace {
 public:
  StorePlace(const StorePlace&) = delete;
  StorePlace& operator=(const StorePlace&) = delete;
  virtual ~StorePlace() = default;

  /// Opens the store at this place, or makes it. May be called again, also while an earlier one is
  /// open. Throws if it cannot.
  virtual std::shared_ptr<EventStore> open() = 0;

  /// Damages an event while no store is open. False: this store cannot be damaged so, and what
  /// needs it is not checked.
  virtual bool damage(const std::string& session_id, std::uint64_t seq, StoreDamage damage);

 protected:
  StorePlace() = default;
};

/// Whether a store notices a changed byte in what is still JSON.
enum class StoreChecksums : std::uint8_t { no, yes };

/// A store to be checked.
struct StoreUnderTest {
  std::function<std::unique_ptr<StorePlace>()> make_place{};
  StoreChecksums checksums = StoreChecksums::yes;
};

/// One promise of EventStore.
struct StoreCheck {
  std::string_view name{};
  /// What of it was not kept, in sentences; empty when all was. Takes less than some seconds.
  std::function<std::vector<std::string>(const StoreUnderTest&)> run{};
};

/// The checks that every store has to pass, each in places of its own. They need no test framework:
///
///     for (const StoreCheck& check : store_checks())
///       for (const std::string& violation : check.run(mine)) report(check.name, violation);
///
/// Threads: any thread.
std::span<const StoreCheck> store_checks();

}  // namespace strandbus
