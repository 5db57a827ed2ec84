package dev.freehold.llama;

/** Run in a JVM of its own: loads the library and says how that ended. */
final class LoadProbe {

  private LoadProbe() {}

  public static void main(String[] arguments) {
    try {
      System.out.println("loaded " + Llama.load().version());
    } catch (LlamaException e) {
      System.out.println("refused: " + e.getMessage());
    }
  }
}
