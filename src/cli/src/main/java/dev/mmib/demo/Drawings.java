package dev.mmib.demo;

import java.awt.Color;
import java.awt.geom.Rectangle2D;

/** What the pictures show: one motif for each type of entity, and patterns that show nothing. */
final class Drawings {

  static final int[] SKIN = {0xF2D0B0, 0xD9A57A, 0xB97A50, 0x8A5A3A};
  static final int[] HAIR = {0x2A1B10, 0x5A3A1A, 0xC9A24A, 0x7A2A1A, 0x777777};

  private Drawings() {}

  /** Draws a type, an index into {@link EntityWords#TYPES}. */
  static void entity(int type, Sketch s) {
    switch (type) {
      case 0 -> person(s);
      case 1 -> place(s);
      case 2 -> organization(s);
      default -> thing(s);
    }
  }

  /** A face with hair and shoulders before a plain wall. */
  private static void person(Sketch s) {
    Color wall = s.any(0xF3D9D0, 0xE8C8D8, 0xF0E0B8);
    s.background(wall, wall.darker());
    double x = s.width() * s.between(0.38, 0.62);
    double y = s.height() * s.between(0.38, 0.5);
    double size = s.height() * s.between(0.42, 0.55);
    s.ellipse(s.any(0xB03040, 0x3050A0, 0x30803A, 0x703090), x, y + size * 1.05, size * 1.5, size);
    face(s, x, y, size);
    s.detail(x - size * 0.6, y - size * 0.65, size * 1.2, size * 1.3);
  }

  static void face(Sketch s, double x, double y, double size) {
    Color skin = s.any(SKIN);
    s.ellipse(s.any(HAIR), x, y - size * 0.12, size * 0.95, size * 1.05);
    s.ellipse(skin, x, y + size * 0.05, size * 0.78, size * 0.9);
    for (int side = -1; side <= 1; side += 2) {
      s.ellipse(Color.WHITE, x + side * size * 0.17, y, size * 0.17, size * 0.12);
      s.ellipse(Color.BLACK, x + side * size * 0.17, y, size * 0.09, size * 0.1);
    }
    var mouth = new Rectangle2D.Double(x - size * 0.18, y + size * 0.08, size * 0.36, size * 0.26);
    s.arc(s.near(0xA02030), Math.max(1.5, size * 0.05), mouth, 200, 140);
  }

  /** Sky, sun, mountains, and water or meadow; sometimes a pin. */
  private static void place(Sketch s) {
    double horizon = s.height() * s.between(0.5, 0.68);
    s.background(s.any(0x4A90E2, 0x5AB0F0, 0x3A78C8), s.near(0xCFE8FF));
    s.ellipse(s.near(0xFFD84A), s.width() * s.between(0.15, 0.85), s.height() * 0.2, 16, 16);
    for (int i = 0; i < 3; i++) {
      double peak = s.width() * s.between(0.05, 0.95);
      double half = s.width() * s.between(0.22, 0.4);
      double top = s.height() * s.between(0.22, 0.42);
      s.polygon(
          s.any(0x4A7A5A, 0x5A6A7A, 0x3A6A4A),
          peak - half,
          horizon,
          peak,
          top,
          peak + half,
          horizon);
    }
    s.rectangle(s.any(0x2A6FB0, 0x4AA04A, 0x3C8A50), 0, horizon, s.width(), s.height());
    if (s.random().nextInt(3) > 0) {
      double x = s.width() * s.between(0.3, 0.7);
      double y = s.height() * s.between(0.42, 0.6);
      s.polygon(s.near(0xD02020), x - 9, y, x + 9, y, x, y + 22);
      s.ellipse(s.near(0xD02020), x, y - 2, 20, 20);
      s.ellipse(Color.WHITE, x, y - 2, 8, 8);
    }
    s.detail(s.width() * 0.2, s.height() * 0.2, s.width() * 0.6, s.height() * 0.6);
  }

  /** An office building with rows of windows, a flag and a sign. */
  private static void organization(Sketch s) {
    s.background(s.near(0xB8BCC4), s.near(0xE4E4E8));
    s.rectangle(s.near(0x5A5A5E), 0, s.height() * 0.9, s.width(), s.height() * 0.1);
    double width = s.width() * s.between(0.45, 0.62);
    double left = (s.width() - width) * s.between(0.3, 0.7);
    double top = s.height() * s.between(0.18, 0.28);
    s.rectangle(s.any(0x3A4A66, 0x4A4A52, 0x2E3A4E), left, top, width, s.height() * 0.9 - top);
    Color light = s.any(0xFFE9A0, 0xD8F0FF, 0xFFF6D0);
    int columns = 3 + s.random().nextInt(3);
    int rows = 4 + s.random().nextInt(2);
    double dx = width / (columns + 0.5);
    double dy = (s.height() * 0.82 - top) / (rows + 0.5);
    for (int r = 1; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        s.rectangle(light, left + dx * (c + 0.45), top + dy * (r + 0.3), dx * 0.6, dy * 0.55);
      }
    }
    Color brand = s.any(0xC02030, 0x2060C0, 0x20904A, 0xE08020);
    s.rectangle(brand, left + width * 0.15, top + dy * 0.2, width * 0.7, dy * 0.7);
    s.line(s.near(0x303030), 2, left + width * 0.5, top, left + width * 0.5, top - 14);
    s.polygon(
        brand,
        left + width * 0.5,
        top - 14,
        left + width * 0.5 + 13,
        top - 10,
        left + width * 0.5,
        top - 5);
    s.detail(left, top - 6, width, width);
  }

  /** A trophy or a phone on a dark cloth. */
  private static void thing(Sketch s) {
    Color cloth = s.any(0x3A1A4A, 0x1A1A3A, 0x40203A);
    s.background(cloth.brighter(), cloth);
    double x = s.width() * s.between(0.4, 0.6);
    double y = s.height() * s.between(0.42, 0.55);
    double size = s.height() * s.between(0.5, 0.66);
    if (s.random().nextBoolean()) {
      trophy(s, x, y, size);
    } else {
      phone(s, x, y, size);
    }
    s.detail(x - size * 0.5, y - size * 0.6, size, size * 1.2);
  }

  private static void trophy(Sketch s, double x, double y, double size) {
    Color gold = s.any(0xF0C030, 0xE0B040, 0xFFD050);
    for (int side = -1; side <= 1; side += 2) {
      double left = x + side * size * 0.3 - size * 0.14;
      var handle = new Rectangle2D.Double(left, y - size * 0.38, size * 0.28, size * 0.34);
      s.arc(gold, size * 0.07, handle, 0, 360);
    }
    s.polygon(
        gold,
        x - size * 0.3,
        y - size * 0.45,
        x + size * 0.3,
        y - size * 0.45,
        x + size * 0.14,
        y + size * 0.1,
        x - size * 0.14,
        y + size * 0.1);
    s.rectangle(gold, x - size * 0.05, y, size * 0.1, size * 0.3);
    s.rectangle(gold.darker(), x - size * 0.24, y + size * 0.3, size * 0.48, size * 0.14);
  }

  private static void phone(Sketch s, double x, double y, double size) {
    s.rectangle(s.near(0xE8E8EC), x - size * 0.29, y - size * 0.5, size * 0.58, size);
    s.rectangle(s.near(0x101018), x - size * 0.26, y - size * 0.43, size * 0.52, size * 0.86);
    for (int r = 0; r < 4; r++) {
      for (int c = 0; c < 3; c++) {
        Color app = s.any(0xF04060, 0x40C0F0, 0xF0C030, 0x60D060, 0xB060F0);
        s.rectangle(
            app,
            x + size * (0.16 * c - 0.22),
            y + size * (0.19 * r - 0.37),
            size * 0.11,
            size * 0.12);
      }
    }
  }

  /** Stripes, dots or squares in any colours: nothing to the purpose. */
  static void pattern(Sketch s) {
    Color ground = new Color(s.random().nextInt(1 << 24));
    s.background(ground, ground);
    int kind = s.random().nextInt(3);
    for (int i = 0; i < 26; i++) {
      Color color = new Color(s.random().nextInt(1 << 24));
      double x = s.width() * s.random().nextDouble();
      double y = s.height() * s.random().nextDouble();
      switch (kind) {
        case 0 -> s.line(color, s.between(2, 7), x, 0, x + s.between(-30, 30), s.height());
        case 1 -> s.ellipse(color, x, y, s.between(4, 16), s.between(4, 16));
        default -> s.rectangle(color, x, y, s.between(4, 20), s.between(4, 20));
      }
    }
    s.detail(s.width() * 0.25, s.height() * 0.25, s.width() * 0.5, s.height() * 0.5);
  }
}
