package dev.mmib.jmh;

import dev.mmib.backend.Device;
import dev.mmib.jmh.mmib.MmibEpoch;
import dev.mmib.jmh.mmib.MmibEpoch.Features;
import dev.mmib.jmh.mmib.MmibExtraction;
import dev.mmib.jmh.mmib.MmibStart;
import dev.mmib.jmh.mmib.MmibStep;
import dev.mmib.jmh.mmib.MmibStep.Part;
import java.util.ArrayList;
import java.util.List;

/** The whole model: its training, what it finds in posts, and how soon. */
final class MmibWorkloads {

  private MmibWorkloads() {}

  static List<Workload> all() {
    var all = new ArrayList<Workload>();
    // A step of an epoch in which features are kept, then the two times by which it is judged.
    all.add(
        Workload.of(EpochGoal.GROUP, EpochGoal.EPOCH, 0)
            .with(Workload.OURS, threads -> new MmibEpoch(device(threads), Features.KEPT))
            .with("mmib-computed", threads -> new MmibEpoch(device(threads), Features.COMPUTED)));
    all.add(
        Workload.of(EpochGoal.GROUP, EpochGoal.PARTS, 0)
            .with(Workload.OURS, threads -> new MmibStep(device(threads), Part.STEP))
            .with("mmib-pictures", threads -> new MmibStep(device(threads), Part.PICTURES)));
    for (boolean pictured : new boolean[] {false, true}) {
      var kind = pictured ? "-pictured" : "-text";
      all.add(
          Workload.of("mmib-extraction", "one" + kind, 0)
              .with(Workload.OURS, threads -> new MmibExtraction(device(threads), 1, pictured)));
      all.add(
          Workload.of("mmib-extraction", "64" + kind, 0)
              .with(Workload.OURS, threads -> new MmibExtraction(device(threads), 64, pictured)));
    }
    all.add(
        Workload.of("mmib-start", "first-extraction", 0)
            .with(Workload.OURS, MmibStart::firstExtraction)
            .with("mmib-loading", MmibStart::loading)
            .with("mmib-natives", MmibStart::natives)
            .with("empty-jvm", MmibStart::nothing));
    return all;
  }

  private static Device device(int threads) {
    return Device.of("cpu").withThreads(threads);
  }
}
