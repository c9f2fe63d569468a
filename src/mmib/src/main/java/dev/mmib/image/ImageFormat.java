package dev.mmib.image;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** What kind of picture some bytes are, by their content; names are never looked at. */
enum ImageFormat {
  PNG("PNG"),
  JPEG("JPEG"),
  GIF("GIF"),
  BMP("BMP"),
  WEBP("WebP"),
  TIFF("TIFF"),
  HEIC("HEIC"),
  AVIF("AVIF"),
  JPEG_2000("JPEG 2000"),
  JPEG_XL("JPEG XL"),
  ICO("ICO"),
  PSD("PSD"),
  PDF("PDF"),
  SVG("SVG"),
  HTML("an HTML page"),
  UNKNOWN("this kind of file");

  final String title;

  ImageFormat(String title) {
    this.title = title;
  }

  static ImageFormat of(ImageBytes in) {
    if (in.startsWith("\u0089PNG\r\n\u001a\n")) {
      return PNG;
    } else if (in.startsWith("\u00ff\u00d8\u00ff")) {
      return JPEG;
    } else if (in.startsWith("GIF87a") || in.startsWith("GIF89a")) {
      return GIF;
    } else if (in.startsWith("RIFF") && in.has(8, "WEBP")) {
      return WEBP;
    } else if (in.startsWith("BM")) {
      return BMP;
    }
    return ofUnsupported(in);
  }

  private static ImageFormat ofUnsupported(ImageBytes in) {
    if (in.startsWith("II*\0") || in.startsWith("MM\0*") || in.startsWith("II+\0")) {
      return TIFF;
    } else if (in.has(4, "ftyp")) {
      return in.has(8, "avif") || in.has(8, "avis") ? AVIF : HEIC;
    } else if (in.startsWith("\0\0\0\fjP  ") || in.startsWith("\u00ff\u004f\u00ff\u0051")) {
      return JPEG_2000;
    } else if (in.startsWith("\0\0\0\fJXL ") || in.startsWith("\u00ff\n")) {
      return JPEG_XL;
    } else if (in.startsWith("\0\0\1\0") || in.startsWith("\0\0\2\0")) {
      return ICO;
    } else if (in.startsWith("8BPS")) {
      return PSD;
    } else if (in.startsWith("%PDF")) {
      return PDF;
    }
    return ofText(in);
  }

  private static ImageFormat ofText(ImageBytes in) {
    int length = Math.min(in.size(), 512);
    String head =
        new String(in.bytes(), 0, length, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
    if (head.contains("<svg")) {
      return SVG;
    }
    return head.contains("<html") || head.contains("<!doctype html") ? HTML : UNKNOWN;
  }
}
