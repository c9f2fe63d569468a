package dev.mmib.jmh;

import dev.mmib.backend.Device;
import dev.mmib.backend.Precision;
import dev.mmib.jmh.djl.DjlBert;
import dev.mmib.jmh.djl.DjlBertBlock;
import dev.mmib.jmh.djl.DjlBertTraining;
import dev.mmib.jmh.limit.OneDnnBert;
import dev.mmib.jmh.mmib.MmibBert;
import dev.mmib.jmh.mmib.MmibBertTraining;
import dev.mmib.jmh.onnx.OnnxBert;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** bert-base: what it computes for texts, how that is learned, and how its cost grows. */
public final class BertWorkloads {

  private static final String FORWARD = "bert-forward";
  private static final String GROWTH = "growth";
  private static final String TRAINING = "bert-training";

  /** Random weights make the most of it; what it does to scores is another question. */
  private static final double LARGEST_ROUNDING = 0.2;

  private BertWorkloads() {}

  public static List<Workload> all() {
    var all = new ArrayList<Workload>();
    for (var name : List.of("1x32", "1x128", "8x128", "32x80")) {
      var input = BertInput.parse(name);
      var workload =
          forward(FORWARD, name, input).with("onednn", threads -> new OneDnnBert(threads, input));
      if (name.equals("1x32") || name.equals("8x128")) {
        workload =
            workload
                .with("onnxruntime-plain", threads -> OnnxBert.plain(threads, input))
                .with("mmib-nd4j", threads -> new MmibBert("nd4j", threads, input))
                .with("djl-bertblock", threads -> new DjlBertBlock(threads, input));
      }
      all.add(workload);
    }
    for (var name : List.of("1x32", "8x128")) {
      all.add(precisions(name, BertInput.parse(name)));
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

  /** Our float32, and each precision that rounds factors to fewer bytes. */
  private static Workload precisions(String name, BertInput input) {
    var workload =
        Workload.of("bert-precision", name, input.forwardOperations())
            .within(LARGEST_ROUNDING)
            .with(Workload.OURS, threads -> new MmibBert("cpu", threads, input));
    for (var precision : Precision.values()) {
      if (precision != Precision.FP32 && precision != Precision.TF32) {
        workload =
            workload.with(
                Workload.OURS + "-" + precision.name().toLowerCase(Locale.ROOT),
                threads ->
                    new MmibBert(
                        Device.of("cpu").withThreads(threads).withPrecision(precision), input));
      }
    }
    return workload;
  }
}
