package dev.mmib.jmh.mmib;

import dev.mmib.backend.Device;
import dev.mmib.predict.Extractor;
import dev.mmib.predict.Post;
import java.nio.file.Files;
import java.nio.file.Path;

/** A fresh process that says when it has come so far, and ends. */
final class FirstExtraction {

  static final String DONE = "@done";

  /** How far. */
  enum Stage {
    /** To the first line of a program. */
    NOTHING,
    /** To a device that is open, with the natives it needs. */
    NATIVES,
    /** To a model that is loaded, with its weights. */
    LOADING,
    /** To what was found in a post. */
    EXTRACTION
  }

  private FirstExtraction() {}

  /** Arguments: the stage, the threads, the model's directory, a text and a picture's file. */
  public static void main(String[] arguments) throws Exception {
    var stage = Stage.valueOf(arguments[0]);
    var device = Device.of("cpu").withThreads(Integer.parseInt(arguments[1]));
    if (stage == Stage.NATIVES) {
      device.open();
    } else if (stage != Stage.NOTHING) {
      var extractor = Extractor.load(Path.of(arguments[2]), device);
      if (stage == Stage.EXTRACTION) {
        extractor.extract(Post.of(arguments[3], Files.readAllBytes(Path.of(arguments[4]))));
      }
    }
    System.out.println(DONE);
    System.out.flush();
    Runtime.getRuntime().halt(0);
  }
}
