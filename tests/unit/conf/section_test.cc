// Sections and what can be made of them: keys of a base, parts, keys that say something only at times, overrides.
#include "conf/describe/section.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conf/describe/overrides.h"
#include "conf/describe/scalar_shapes.h"
#include "conf/yaml/json.h"

namespace penstock::conf {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Size {
  int width = 3;
  int height = 4;
};

struct Box : Size {
  bool has_lid = false;
  int lid = 1;
};

class Sections : public testing::Test {
 protected:
  template <class T>
  T read(const Shape<T>& shape, const std::string& yaml) {
    const auto document = parse_yaml(yaml, nullptr, problems_);
    T value;
    shape.read(*document->root, value, problems_);
    return value;
  }
  std::string problem() {
    const auto all = problems_.take();
    return all.empty() ? "" : all[0].text();
  }

  static std::shared_ptr<Section<Size>> size() {
    auto section = std::make_shared<Section<Size>>();
    section->key("width", &Size::width, number<int>(1, 9), "How wide. Left out: 3, as most are.");
    section->key("height", &Size::height, number<int>(1, 9), "How high.");
    return section;
  }
  static std::shared_ptr<Section<Box>> box() {
    auto inner = std::make_shared<Section<Box>>();
    inner->key("width", &Box::width, number<int>(1, 9), "How wide.");
    inner->key("height", &Box::height, number<int>(1, 9), "How high.", Need::derived);
    auto section = std::make_shared<Section<Box>>();
    section->part("size", ShapeOf<Box>(inner), "How large.");
    section->key("lid", &Box::lid, number<int>(1, 9), "How thick the lid is.").when([](const Box& b) {
      return b.has_lid;
    });
    return section;
  }

  Problems problems_{"test"};
};

TEST_F(Sections, HaveKeysOfABaseToo) {
  const Box box = read(*Sections::box(), "size: {width: 5}\nlid: 2\n");
  EXPECT_EQ(box.width, 5);
  EXPECT_EQ(box.height, 4);
  EXPECT_EQ(box.lid, 2);
}

TEST_F(Sections, WriteAKeyOnlyWhenItSaysSomething) {
  Box box;
  EXPECT_EQ(to_yaml_text(Sections::box()->write(box)), "size:\n  width: 3\n  height: 4\n");
  box.has_lid = true;
  EXPECT_THAT(to_yaml_text(Sections::box()->write(box)), HasSubstr("lid: 1"));
}

TEST_F(Sections, TellADefaultInTheSchemaUnlessItDependsOnOthers) {
  const std::string schema = to_json_text(Sections::box()->schema());
  EXPECT_THAT(schema, HasSubstr("\"How wide.\",\n          \"default\": 3"));
  EXPECT_THAT(schema, Not(HasSubstr("\"default\": 4")));
  EXPECT_THAT(schema, Not(HasSubstr("\"default\": 1")));
}

TEST_F(Sections, GuessAMisspeltKey) {
  read(*size(), "widht: 5\n");
  EXPECT_EQ(problem(), "test:1:1: unknown key \"widht\" (did you mean \"width\"?)");
}

class OverridesOfASection : public Sections {
 protected:
  const ShapeOf<Overrides<Size>> shape_ = overrides<Size>(size(), "the other's");
};

TEST_F(OverridesOfASection, ReplaceJustWhatIsWritten) {
  const auto by = read(*shape_, "height: 4\n");
  EXPECT_THAT(problem(), IsEmpty());
  const Size size = by.over(Size{7, 8});
  EXPECT_EQ(size.width, 7);
  EXPECT_EQ(size.height, 4) << "although it is the default";
  EXPECT_TRUE(by.has("height"));
  EXPECT_FALSE(by.has("width"));
}

TEST_F(OverridesOfASection, ReplaceNothingWhenTheMapIsEmpty) {
  EXPECT_EQ(read(*shape_, "{}\n").over(Size{7, 8}).width, 7);
  EXPECT_EQ(Overrides<Size>().over(Size{7, 8}).height, 8);
}

TEST_F(OverridesOfASection, HaveTheSameBounds) {
  read(*shape_, "height: 10\n");
  EXPECT_EQ(problem(), "test:1:9: height: must be 1 … 9, is 10");
}

TEST_F(OverridesOfASection, AreWrittenOutWhole) {
  EXPECT_EQ(to_yaml_text(shape_->write(Overrides(Size{7, 8}))), "width: 7\nheight: 8\n");
}

TEST_F(OverridesOfASection, SayWhoseValueIsTakenOtherwise) {
  const std::string schema = to_json_text(shape_->schema());
  EXPECT_THAT(schema, HasSubstr("\"How wide. Left out: the other's.\""));
  EXPECT_THAT(schema, HasSubstr("\"How high. Left out: the other's.\""));
  EXPECT_THAT(schema, Not(HasSubstr("default")));
}

}  // namespace
}  // namespace penstock::conf
