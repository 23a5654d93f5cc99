// kind: area
// param: radius number 0 8 2
// stage: across scale 0.5 reads source
vec4 across(sampler2D src, vec2 uv, vec2 texel, float radius) {
    return 0.5 * (texture(src, uv) + texture(src, uv + vec2(texel.x * radius, 0.0)));
}

// stage: down scale 0.25 reads previous,source
vec4 down(sampler2D src, vec2 uv, vec2 texel, sampler2D source) {
    return 0.5 * (texture(src, uv) + texture(source, uv));
}

// stage: whole reads source,across,down
vec4 whole(sampler2D src, vec2 uv, vec2 texel, vec2 size, sampler2D across, sampler2D down) {
    return texture(src, uv) + texture(across, uv) - texture(down, uv + 1.0 / size);
}
