// SPDX-License-Identifier: Apache-2.0
#include "bus_value.hpp"

namespace here_tracking {

namespace {

template <typename T>
const T& none() {
  static const T nothing{};
  return nothing;
}

}  // namespace

std::string_view BusValue::text() const {
  const auto* const value = std::get_if<std::string>(&value_);
  return value != nullptr ? std::string_view(*value) : std::string_view();
}

const BusValue::Bytes& BusValue::bytes() const {
  const auto* const value = std::get_if<Bytes>(&value_);
  return value != nullptr ? *value : none<Bytes>();
}

const BusValue::List& BusValue::list() const {
  const auto* const value = std::get_if<List>(&value_);
  return value != nullptr ? *value : none<List>();
}

const BusValue::Dictionary& BusValue::dictionary() const {
  const auto* const value = std::get_if<Dictionary>(&value_);
  return value != nullptr ? *value : none<Dictionary>();
}

const BusValue& BusValue::at(std::string_view key) const {
  for (const Entry& entry : dictionary()) {
    if (entry.key == key) return entry.value;
  }
  return none<BusValue>();
}

const BusValue& BusValue::at(std::size_t index) const {
  const List& items = list();
  return index < items.size() ? items[index] : none<BusValue>();
}

}  // namespace here_tracking
