#include "bench/sim/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace penstock::sim {
namespace {

// Of the drawing, in pixels.
constexpr int kPanelWidth = 640;
constexpr int kNames = 230;
constexpr int kBar = 14;
constexpr int kGap = 4;
constexpr int kHead = 34;
constexpr double kDecades = 4;  // 1 … 10,000 mean service times

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), value < 100 ? "%.1f" : "%.0f", value);
  return text;
}

std::string line(const char* format, auto... values) {
  char text[512];
  std::snprintf(text, sizeof(text), format, values...);
  return text;
}

const char* colour(double p99) {
  return p99 <= 10 ? "#3a7d44" : p99 <= 25 ? "#8fae3c" : p99 <= 100 ? "#d99a2b" : "#b5402e";
}

std::string bars(const Result& result, int top) {
  const double scale = (kPanelWidth - kNames - 60) / kDecades;
  std::string svg =
      line("<text x=\"10\" y=\"%d\" font-weight=\"bold\">%s</text>\n", top + 18, result.scenario.name.c_str());
  int y = top + kHead;
  for (const Row& row : result.rows) {
    const double width = std::clamp(std::log10(std::max(row.p99, 1.0)), 0.02, kDecades) * scale;
    svg += line("<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>", kNames - 8, y + 11, row.policy.c_str());
    svg += line("<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>", kNames, y, width, kBar,
                colour(row.p99));
    svg += line("<text x=\"%.1f\" y=\"%d\">%s</text>\n", kNames + width + 5, y + 11, number(row.p99).c_str());
    y += kBar + kGap;
  }
  return svg;
}

}  // namespace

std::string table(const Result& result) {
  std::string text = "\n### " + result.scenario.name + "\n\n" + result.scenario.about + "\n\n";
  text += "| policy | p50 | p99 | p99.9 | most / mean | tries refused | errors |\n|---|---|---|---|---|---|---|\n";
  for (const Row& row : result.rows) {
    text += "| " + row.policy + " | " + number(row.p50) + " | " + number(row.p99) + " | " + number(row.p999) + " | " +
            line("%.2f", row.imbalance) + " | " + std::to_string(row.refused_tries) + " | " +
            std::to_string(row.errors) + " |\n";
  }
  return text;
}

std::string drawing(const std::vector<Result>& results) {
  int height = 40;
  std::string panels;
  for (const Result& result : results) {
    panels += bars(result, height);
    height += kHead + static_cast<int>(result.rows.size()) * (kBar + kGap) + 10;
  }
  return line(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" "
             "font-size=\"11\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n<text x=\"10\" y=\"22\" "
             "font-size=\"14\">p99 of the latency, in mean service times (logarithmic)</text>\n",
             kPanelWidth, height) +
         panels + "</svg>\n";
}

}  // namespace penstock::sim
