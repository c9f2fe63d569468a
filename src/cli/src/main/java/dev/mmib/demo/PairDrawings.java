package dev.mmib.demo;

import java.awt.Color;

/** Two people, and what connects them. */
final class PairDrawings {

  private PairDrawings() {}

  /** Draws a relation, an index into {@link PairWords#RELATIONS}. */
  static void relation(int relation, Sketch s) {
    switch (relation) {
      case 0 -> strangers(s);
      case 1 -> couple(s);
      case 2 -> parent(s);
      default -> peers(s);
    }
  }

  private static Color clothes(Sketch s) {
    return s.any(0xB03040, 0x3050A0, 0x30803A, 0x703090, 0xD08030, 0x404048);
  }

  private static void figure(Sketch s, double x, double feet, double size, Color clothes) {
    double head = size * 0.36;
    s.polygon(
        clothes,
        x - size * 0.16,
        feet - size * 0.66,
        x + size * 0.16,
        feet - size * 0.66,
        x + size * 0.24,
        feet,
        x - size * 0.24,
        feet);
    Drawings.face(s, x, feet - size * 0.82, head);
    s.detail(x - size * 0.3, feet - size, size * 0.6, size * 0.75);
  }

  /** A grey wall between them, each on a ground of its own. */
  private static void strangers(Sketch s) {
    s.background(s.near(0xD8D8D0), s.near(0xC8C8C0));
    double middle = s.width() * s.between(0.46, 0.54);
    s.rectangle(s.any(0xE0C060, 0x80C0A0, 0xC0A0D0), 0, 0, middle, s.height());
    s.rectangle(s.near(0x404040), middle - 4, 0, 8, s.height());
    double feet = s.height() * s.between(0.88, 0.97);
    figure(s, s.width() * 0.2, feet, s.height() * s.between(0.6, 0.72), clothes(s));
    figure(s, s.width() * 0.8, feet, s.height() * s.between(0.6, 0.72), clothes(s));
  }

  /** Close together under a heart, warm light. */
  private static void couple(Sketch s) {
    s.background(s.any(0xF7A8B8, 0xF4B0A0, 0xF0A0C0), s.near(0xFBE0E0));
    double feet = s.height() * s.between(0.9, 0.98);
    double middle = s.width() * s.between(0.44, 0.56);
    double size = s.height() * s.between(0.58, 0.68);
    figure(s, middle - size * 0.24, feet, size, clothes(s));
    figure(s, middle + size * 0.24, feet, size * s.between(0.92, 1), clothes(s));
    Color red = s.near(0xD81030);
    double y = s.height() * 0.16;
    double r = s.between(9, 13);
    s.ellipse(red, middle - r * 0.5, y, r * 1.1, r * 1.1);
    s.ellipse(red, middle + r * 0.5, y, r * 1.1, r * 1.1);
    s.polygon(red, middle - r, y + r * 0.18, middle + r, y + r * 0.18, middle, y + r * 1.5);
    s.detail(middle - 14, y - 10, 28, 28);
  }

  /** One tall, one small, in a park. */
  private static void parent(Sketch s) {
    s.background(s.near(0xA8D8F0), s.near(0xD8F0E0));
    s.rectangle(s.any(0x58A048, 0x4A9050, 0x70B050), 0, s.height() * 0.6, s.width(), s.height());
    double feet = s.height() * s.between(0.9, 0.97);
    double x = s.width() * s.between(0.34, 0.42);
    boolean left = s.random().nextBoolean();
    double size = s.height() * s.between(0.72, 0.82);
    double child = s.width() * s.between(0.7, 0.78);
    figure(s, left ? x : s.width() - x, feet, size, clothes(s));
    figure(s, left ? child : s.width() - child, feet, size * 0.5, clothes(s));
  }

  /** The same shirts, and a ball or a screen between them. */
  private static void peers(Sketch s) {
    s.background(s.any(0x7088B0, 0x6078A0, 0x8098B8), s.near(0x50607A));
    double feet = s.height() * s.between(0.88, 0.96);
    double size = s.height() * s.between(0.6, 0.7);
    Color shirt = clothes(s);
    figure(s, s.width() * s.between(0.2, 0.26), feet, size, shirt);
    figure(s, s.width() * s.between(0.74, 0.8), feet, size, shirt);
    double x = s.width() * 0.5;
    if (s.random().nextBoolean()) {
      s.ellipse(s.near(0xF5F5F5), x, feet - 10, 19, 19);
      s.ellipse(s.near(0x303030), x, feet - 10, 7, 7);
    } else {
      s.rectangle(s.near(0x202028), x - 13, feet - 34, 26, 19);
      s.rectangle(s.near(0xC0F0FF), x - 11, feet - 32, 22, 15);
    }
    s.detail(x - 15, feet - 34, 30, 34);
  }
}
