// kind: point
// category: effect
// label: Film grain / 胶片颗粒
// param: amount number 0 1 0.35 / Amount / 强度
// param: grain_size number 1 6 1.5 / Size / 大小
// identity: amount=0
// Noise that changes 24 times a second, strongest in middle tones as on film. The hash is the idea of pcg3d (Jarzynski
// and Olano, "Hash Functions for GPU Rendering", 2020).
float grain_noise(highp uvec3 v) {
    v = v * 1664525u + 1013904223u;
    v.x += v.y * v.z;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    v ^= v >> 16u;
    v.x += v.y * v.z;
    v.y += v.z * v.x;
    return float((v.x ^ v.y) >> 8u) / 16777216.0;
}

vec4 grain(vec4 color, vec2 uv, vec2 size, float time, float amount, float grain_size) {
    vec2 cell = uv * size / max(grain_size * min(size.x, size.y) / 720.0, 1.0);
    highp uint tick = uint(max(time, 0.0) * 24.0);
    vec2 at = floor(cell);
    float noise = grain_noise(uvec3(at, tick)) + grain_noise(uvec3(at, tick + 7919u)) - 1.0;
    float y = clamp(dot(color.rgb, vec3(0.2126, 0.7152, 0.0722)), 0.0, 1.0);
    return vec4(color.rgb + noise * amount * 0.3 * (0.25 + 3.0 * y * (1.0 - y)), color.a);
}
