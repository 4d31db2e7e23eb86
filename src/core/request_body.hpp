// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/transport.hpp"
#include "here_tracking/span.hpp"

#include <cstddef>
#include <string_view>

namespace here_tracking {

// The bodies of the two ingestion requests, made while they are read.

class BodyPart;

/// `[` + objects joined with `,` + `]`: one object at least.
class ArrayBody final : public BodySource {
 public:
  explicit ArrayBody(Span<const std::string_view> objects) : objects_(objects) {}

  [[nodiscard]] std::size_t size() const override;
  std::size_t read(std::size_t offset, Span<char> into) override;

 private:
  Span<const std::string_view> objects_;
};

/// `{"data":` + array + `,"id":"..."` + `,"appId":"..."` + `}`; an id that is empty is left out.
class ObjectBody final : public BodySource {
 public:
  ObjectBody(BodySource& array, std::string_view id, std::string_view app_id)
      : array_(array), id_(id), app_id_(app_id) {}

  [[nodiscard]] std::size_t size() const override;
  std::size_t read(std::size_t offset, Span<char> into) override;

 private:
  void write(BodyPart& out) const;

  BodySource& array_;
  std::string_view id_;
  std::string_view app_id_;
};

}  // namespace here_tracking
