# frozen_string_literal: true

require 'json'
require 'time'

module Bakery
  class Loaf
    attr_reader :kind, :baked_at

    def initialize(kind, baked_at: Time.now)
      @kind = kind
      @baked_at = baked_at
    end

    def stale?(now = Time.now)
      now - baked_at > 2 * 86_400
    end

    def to_h
      { kind: kind, baked_at: baked_at.iso8601 }
    end
  end

  def self.sell(loaves)
    fresh, old = loaves.partition { |loaf| !loaf.stale? }
    old.each { |loaf| puts "#{loaf.kind} goes to the ducks" }
    fresh.map(&:to_h).to_json
  end
end

puts Bakery.sell([Bakery::Loaf.new(:rye), Bakery::Loaf.new(:spelt, baked_at: Time.at(0))]) if $PROGRAM_NAME == __FILE__
