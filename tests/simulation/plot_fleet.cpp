// SPDX-License-Identifier: Apache-2.0
// Prints an SVG: what arrives at the service after an outage, with RetryPolicy and without.
#include "fleet.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

namespace {

constexpr double left = 70;
constexpr double top = 50;
constexpr double width = 720;
constexpr double height = 300;
constexpr double decades = 5;  // 1 .. 100000

std::string number(double value, int decimals = 1) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

double x_of(double second, double end_s) {
  return left + width * second / end_s;
}

double y_of(double per_second) {
  const double log = std::clamp(std::log10(std::max(per_second, 1.0)), 0.0, decades);
  return top + height - height * log / decades;
}

std::string curve(const simulation::Arrivals& arrivals, const char* colour) {
  std::string points;
  double second = 0;
  for (const double bin : simulation::binned(arrivals, 0)) {
    points += number(x_of(second, static_cast<double>(arrivals.size()))) + "," +
              number(y_of(bin / static_cast<double>(simulation::bin_s))) + "\n";
    second += simulation::bin_s;
  }
  return "<polyline fill=\"none\" stroke-width=\"1.2\" stroke=\"" + std::string(colour) +
         "\" points=\"" + points + "\"/>\n";
}

std::string label(double x, double y, const char* anchor, const std::string& text) {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor + "\">" +
         text + "</text>\n";
}

std::string line(double x1, double y1, double x2, double y2) {
  return "<path d=\"M" + number(x1) + " " + number(y1) + "L" + number(x2) + " " + number(y2) +
         "\" stroke=\"#ddd\"/>\n";
}

}  // namespace

int main() {
  const simulation::Fleet fleet;
  constexpr std::uint32_t fixed_s = 60;
  const simulation::Arrivals policy = simulation::run_with_policy(fleet);
  const simulation::Arrivals fixed = simulation::run_with_fixed_retry(fleet, fixed_s);
  const double end_s = fleet.end_s;

  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 810 410\" "
      "font-family=\"sans-serif\" "
      "font-size=\"12\">\n<rect width=\"810\" height=\"410\" fill=\"#fff\"/>\n";
  svg += "<rect x=\"" + number(left) + "\" y=\"" + number(top) + "\" width=\"" +
         number(x_of(fleet.outage_s, end_s) - left) + "\" height=\"" + number(height) +
         "\" fill=\"#f3e3e3\"/>\n";
  for (int decade = 0; decade <= static_cast<int>(decades); ++decade) {
    const double value = std::pow(10.0, decade);
    svg += line(left, y_of(value), left + width, y_of(value));
    svg += label(left - 6, y_of(value) + 4, "end", std::to_string(static_cast<long>(value)));
  }
  for (std::uint32_t minute = 0; minute <= fleet.end_s / 60; minute += 15) {
    const double x = x_of(minute * 60.0, end_s);
    svg += line(x, top + height, x, top + height + 5);
    svg += label(x, top + height + 18, "middle", std::to_string(minute));
  }
  svg += curve(fixed, "#c0392b") + curve(policy, "#1f5fa8");
  svg += label(left + width / 2, 18, "middle",
               "Requests per second of " + std::to_string(fleet.devices) + " devices, mean of " +
                   std::to_string(simulation::bin_s) + " s; the service is away for " +
                   std::to_string(fleet.outage_s / 60) + " minutes (shaded)");
  svg +=
      "<g fill=\"#1f5fa8\">" +
      label(left, 38, "start",
            "RetryPolicy: peak over mean " + number(simulation::peak_over_mean(fleet, policy), 2) +
                " once the first cap interval is over") +
      "</g>\n<g fill=\"#c0392b\">" +
      label(left + width, 38, "end",
            "every " + std::to_string(fixed_s) +
                " s: " + number(simulation::peak_over_mean(fleet, fixed))) +
      "</g>\n";
  svg += label(left + width / 2, top + height + 40, "middle", "minutes") + "</svg>\n";
  return std::fwrite(svg.data(), 1, svg.size(), stdout) == svg.size() ? 0 : 1;
}
