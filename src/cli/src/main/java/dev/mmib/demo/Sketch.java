package dev.mmib.demo;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A picture being drawn: shapes with colours that vary a little, and the parts worth a crop. */
final class Sketch implements AutoCloseable {

  private static final int SMALLEST = 76;
  private static final int LARGEST = 96;
  private static final int CROP = 64;

  private final BufferedImage image;
  private final Graphics2D graphics;
  private final Random random;
  private final List<Rectangle> details = new ArrayList<>();

  Sketch(Random random) {
    this.random = random;
    int width = SMALLEST + random.nextInt(LARGEST - SMALLEST + 1);
    int height = Math.max(SMALLEST, Math.min(LARGEST, width + random.nextInt(9) - 4));
    this.image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    this.graphics = image.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
  }

  BufferedImage image() {
    return image;
  }

  int width() {
    return image.getWidth();
  }

  int height() {
    return image.getHeight();
  }

  Random random() {
    return random;
  }

  /** A number between the two. */
  double between(double low, double high) {
    return low + (high - low) * random.nextDouble();
  }

  /** A colour near the given one. */
  Color near(int rgb) {
    int red = rgb >> 16 & 255;
    int green = rgb >> 8 & 255;
    int blue = rgb & 255;
    int light = random.nextInt(41) - 20;
    return new Color(jitter(red + light), jitter(green + light), jitter(blue + light));
  }

  private int jitter(int value) {
    return Math.max(0, Math.min(255, value + random.nextInt(25) - 12));
  }

  Color any(int... rgb) {
    return near(rgb[random.nextInt(rgb.length)]);
  }

  void background(Color top, Color bottom) {
    graphics.setPaint(new GradientPaint(0, 0, top, 0, height(), bottom));
    graphics.fillRect(0, 0, width(), height());
  }

  void rectangle(Color color, double x, double y, double width, double height) {
    graphics.setPaint(color);
    graphics.fill(new Rectangle2D.Double(x, y, width, height));
  }

  /** An ellipse around a centre. */
  void ellipse(Color color, double x, double y, double width, double height) {
    graphics.setPaint(color);
    graphics.fill(new Ellipse2D.Double(x - width / 2, y - height / 2, width, height));
  }

  /** A filled polygon; coordinates are x, y in turn. */
  void polygon(Color color, double... xy) {
    var path = new Path2D.Double();
    path.moveTo(xy[0], xy[1]);
    for (int i = 2; i < xy.length; i += 2) {
      path.lineTo(xy[i], xy[i + 1]);
    }
    path.closePath();
    graphics.setPaint(color);
    graphics.fill(path);
  }

  void line(Color color, double thickness, double x1, double y1, double x2, double y2) {
    graphics.setPaint(color);
    graphics.setStroke(
        new BasicStroke((float) thickness, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    graphics.draw(new java.awt.geom.Line2D.Double(x1, y1, x2, y2));
  }

  void arc(Color color, double thickness, Rectangle2D bounds, double from, double extent) {
    graphics.setPaint(color);
    graphics.setStroke(
        new BasicStroke((float) thickness, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    graphics.draw(new java.awt.geom.Arc2D.Double(bounds, from, extent, java.awt.geom.Arc2D.OPEN));
  }

  /** Remembers a part that a crop should show. */
  void detail(double x, double y, double width, double height) {
    int left = (int) Math.max(0, Math.min(width() - 12, x));
    int top = (int) Math.max(0, Math.min(height() - 12, y));
    int right = (int) Math.max(left + 12, Math.min(width(), x + width));
    int bottom = (int) Math.max(top + 12, Math.min(height(), y + height));
    details.add(new Rectangle(left, top, right - left, bottom - top));
  }

  /** The details as square pictures of their own, then one of any place. */
  List<BufferedImage> crops() {
    var all = new ArrayList<>(details);
    int side = 24 + random.nextInt(12);
    all.add(
        new Rectangle(random.nextInt(width() - side), random.nextInt(height() - side), side, side));
    return all.stream().map(this::crop).toList();
  }

  private BufferedImage crop(Rectangle part) {
    var crop = new BufferedImage(CROP, CROP, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = crop.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    g.drawImage(
        image, 0, 0, CROP, CROP, part.x, part.y, part.x + part.width, part.y + part.height, null);
    g.dispose();
    return crop;
  }

  @Override
  public void close() {
    graphics.dispose();
  }
}
