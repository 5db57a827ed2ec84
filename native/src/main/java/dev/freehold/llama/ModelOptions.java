package dev.freehold.llama;

/**
 * How a model is loaded.
 *
 * @param gpuLayers layers that a GPU backend takes over; negative means all of them
 * @param mmap whether the weights are mapped from the file instead of read into memory
 * @param checkTensors whether every weight is read and checked while loading, which costs a pass
 *     over the file
 */
public record ModelOptions(int gpuLayers, boolean mmap, boolean checkTensors) {

  /** All layers on the GPU if there is one, mapped weights, no pass over them. */
  public static ModelOptions defaults() {
    return new ModelOptions(-1, true, false);
  }

  public ModelOptions withGpuLayers(int layers) {
    return new ModelOptions(layers, mmap, checkTensors);
  }
}
