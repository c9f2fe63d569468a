package dev.mmib.backend;

/** What the contracts of all families of kernels share. */
public interface KernelContract {

  /** Opens the device that is to be proved. */
  Backend open();

  /** A fresh device beside the reference. */
  default Bench bench() {
    return new Bench(open());
  }
}
