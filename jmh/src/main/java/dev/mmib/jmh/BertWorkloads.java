package dev.mmib.jmh;

import dev.mmib.jmh.djl.DjlBert;
import dev.mmib.jmh.djl.DjlBertBlock;
import dev.mmib.jmh.djl.DjlBertTraining;
import dev.mmib.jmh.mmib.MmibBert;
import dev.mmib.jmh.mmib.MmibBertTraining;
import dev.mmib.jmh.onnx.OnnxBert;
import java.util.ArrayList;
import java.util.List;

/** bert-base: what it computes for texts, how that is learned, and how its cost grows. */
public final class BertWorkloads {

  private static final String FORWARD = "bert-forward";
  private static final String GROWTH = "growth";
  private static final String TRAINING = "bert-training";

  private BertWorkloads() {}

  public static List<Workload> all() {
    var all = new ArrayList<Workload>();
    for (var name : List.of("1x32", "1x128", "8x128", "32x80")) {
      var input = BertInput.parse(name);
      var workload = forward(FORWARD, name, input);
      if (name.equals("1x32") || name.equals("8x128")) {
        workload =
            workload
                .with("onnxruntime-plain", threads -> OnnxBert.plain(threads, input))
                .with("mmib-nd4j", threads -> new MmibBert("nd4j", threads, input))
                .with("djl-bertblock", threads -> new DjlBertBlock(threads, input));
      }
      all.add(workload);
    }
    for (var name : List.of("8x64", "8x128")) {
      var input = BertInput.parse(name);
      all.add(
          Workload.of(TRAINING, name, input.trainingOperations())
              .with(Workload.OURS, threads -> new MmibBertTraining("cpu", threads, input))
              .with("djl", threads -> new DjlBertTraining(threads, input)));
    }
    for (var name : List.of("1x16", "1x64", "1x256", "1x512", "2x32", "8x32", "32x32")) {
      all.add(forward(GROWTH, name, BertInput.parse(name)));
    }
    for (int threads = 1; threads <= Runtime.getRuntime().availableProcessors(); threads *= 2) {
      all.add(forward(GROWTH, "4x64-threads-" + threads, new BertInput(4, 64)).onThreads(threads));
    }
    return all;
  }

  private static Workload forward(String group, String name, BertInput input) {
    return Workload.of(group, name, input.forwardOperations())
        .with(Workload.OURS, threads -> new MmibBert("cpu", threads, input))
        .with("djl", threads -> new DjlBert(threads, input))
        .with("onnxruntime", threads -> OnnxBert.fused(threads, input));
  }
}
